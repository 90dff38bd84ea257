"""Checks that ticket pages that stay open, as many as an attacker or a busy day brings, keep nobody else waiting."""

from __future__ import annotations

import asyncio
import http.client
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import yaml

from serve_app.deploy import deploy, with_port
from serve_app.prepare import CONFIG
from tests.e2e.conftest import System
from tests.load.pages import hold_pages

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(420),
    # What stands before the ingress knows no broker.
    pytest.mark.parametrize("system", ["embedded"], indirect=True),
]

QUESTION = "How do I reset my password?"


def open_stream(
    system: System, accepted: dict[str, str], opened: ExitStack
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(system.run.base_url).netloc, timeout=30)
    opened.callback(connection.close)
    path = f"/api/v1/tickets/{accepted['ticket_id']}/events"
    connection.request("GET", path, headers={"X-Ticket-Token": accepted["access_token"]})
    return connection.getresponse()


def test_260_streams_of_one_ticket_keep_neither_probes_nor_forms_waiting(system: System) -> None:
    accepted = system.submit(QUESTION, "many-pages@example.com")
    with ExitStack() as opened:
        streams = [open_stream(system, accepted, opened) for _ in range(260)]
        statuses = [stream.status for stream in streams]
        assert 0 < statuses.count(200) <= 8
        assert set(statuses) == {200, 503}
        assert all(
            int(stream.headers["retry-after"]) >= 1 for stream in streams if stream.status == 503
        )
        for path in ("/health/live", "/health/ready", "/health"):
            started = time.monotonic()
            assert system.api("GET", path).status_code == 200
            assert time.monotonic() - started < 1
        started = time.monotonic()
        system.submit(QUESTION, "honest@example.com")
        assert time.monotonic() - started < 3


def test_pages_from_many_addresses_keep_neither_probes_nor_forms_waiting(system: System) -> None:
    # The pages are measured here, and not the 250 mails to those whose pages open later than the answer comes.
    system.configure("relay", form_mails_every_s=600)
    try:
        figures = asyncio.run(
            hold_pages(system.run.base_url, pages=700, seconds=25.0, opened_in_s=10.0)
        )
    finally:
        system.configure("relay")
    assert list(figures.problems()) == [], str(figures)
    assert 500 <= figures.most_streams <= 512


def test_a_replica_that_is_replaced_ends_its_streams_at_once(system: System) -> None:
    accepted = system.submit(QUESTION, "redeployed@example.com")
    [old] = system.replicas("ingress")
    config = with_port(
        yaml.safe_load(CONFIG.read_text()), "127.0.0.1", int(system.environment["HTTP_PORT"])
    )
    [ingress] = [
        deployment
        for deployment in config["applications"][0]["deployments"]
        if deployment["name"] == "ingress"
    ]
    ingress["ray_actor_options"]["num_cpus"] += 0.01
    with ExitStack() as opened:
        stream = open_stream(system, accepted, opened)
        assert stream.status == 200
        # Long enough to tell a stream that was ended from one that was cut off with its replica.
        ingress["graceful_shutdown_timeout_s"] = 120
        deploy(config, system.run.dashboard(system.data_dir))
        last = b""
        while line := stream.readline():
            last = line if line.strip() else last
        assert last.startswith(b"retry: ")
        old.wait(60)
    system.configure("ingress")
