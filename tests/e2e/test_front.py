"""Tests what stands before the ingress, as callers meet it: the front, and Serve's own proxy behind it."""

from __future__ import annotations

import http.client
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.conftest import ROOT, TRUSTED_PROXY, System, wait_for

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(420),
    # What stands before the ingress knows no broker.
    pytest.mark.parametrize("system", ["embedded"], indirect=True),
]

FORM = {"name": "Ada Fox", "email": "front@example.com", "subject": "A question"}
FORM |= {"category": "general", "priority": "medium", "message": "How do I reset my password?"}
FRONT = "/bin/haproxy -db"
PROXY = "ray::ProxyActor"
BACK_WITHIN_S = 12.0


@contextmanager
def calling_from(system: System, address: str) -> Iterator[httpx.Client]:
    """A caller with this address of the machine's own."""
    transport = httpx.HTTPTransport(local_address=address)
    base = f"{system.run.base_url}/api/v1"
    with httpx.Client(transport=transport, base_url=base, timeout=30) as client:
        yield client


@pytest.fixture
def three_a_minute(system: System) -> Iterator[None]:
    system.configure("ingress", requests_per_minute_per_address=3)
    yield
    system.configure("ingress")


@pytest.mark.usefixtures("three_a_minute")
def test_a_forged_sender_is_nobodys_way_around_the_limit_and_a_trusted_proxys_callers_have_their_own(
    system: System,
) -> None:
    numbers = itertools.count(1)

    def write(client: httpx.Client, forwarded: str) -> int:
        path = "/tickets/TKT-0000000000/messages"
        headers = {"X-Forwarded-For": forwarded}
        return client.post(path, json={"message": "Hello"}, headers=headers).status_code

    for address in ("127.0.0.1", "127.0.0.2"):
        with calling_from(system, address) as client:
            seen = [write(client, f"198.51.100.{next(numbers)}") for _ in range(4)]
        assert seen == [404, 404, 404, 429], address
    with calling_from(system, TRUSTED_PROXY) as proxy:
        assert [write(proxy, f"198.51.100.{next(numbers)}") for _ in range(5)] == [404] * 5
        same = [write(proxy, f"203.0.113.{next(numbers)}, 198.51.100.99") for _ in range(4)]
    assert same == [404, 404, 404, 429]


def test_one_connection_serves_many_calls(system: System) -> None:
    connection = http.client.HTTPConnection(urlsplit(system.run.base_url).netloc, timeout=30)
    connection.connect()
    opened = connection.sock
    try:
        for path in ("/", "/api/v1/health", "/api/v1/none"):
            connection.request("GET", path)
            connection.getresponse().read()
        assert connection.sock is opened
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/-/routes", "/-/healthz", "/%2d/routes"])
def test_serves_own_routes_are_closed_to_the_public(system: System, path: str) -> None:
    answer = system.client.get(f"{system.run.base_url}{path}")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize("kib", [65, 300, 5_000])
def test_a_form_that_is_too_long_is_told_so(system: System, kib: int) -> None:
    for _ in range(5):
        answer = system.api("POST", "/support/form", json={**FORM, "message": "x" * kib * 1024})
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


def test_a_ticket_page_that_stays_open_hears_of_the_answer(system: System) -> None:
    accepted = system.submit(FORM["message"], "open-page@example.com")
    token = {"X-Ticket-Token": accepted["access_token"]}
    url = f"{system.run.base_url}/api/v1/tickets/{accepted['ticket_id']}/events"
    with system.client.stream("GET", url, headers=token, timeout=60) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if line.startswith("data:"):
                roles = [said["role"] for said in json.loads(line[5:])["responses"]]
                if roles == ["customer", "agent"]:
                    return
    raise AssertionError("the stream ended without the answer")


def test_thousands_of_half_sent_heads_and_bodies_delay_nobody(system: System) -> None:
    command = [sys.executable, "-m", "tests.load.slow_clients", "--url", system.run.base_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_while_a_killed_ingress_is_away_callers_wait_or_are_asked_to_try_again(
    system: System,
) -> None:
    [ingress] = system.replicas("ingress")
    ingress.kill()
    ingress.wait(10)
    answers = [httpx.get(f"{system.run.base_url}/", timeout=60) for _ in range(5)]
    answers += [_submit_once(system) for _ in range(5)]
    for answer in answers:
        assert answer.status_code in (200, 201, 503), answer.text
        assert answer.status_code != 503 or answer.headers["retry-after"] == "2"
    wait_for(lambda: _is_accepted(system), 30)
    system.configure("ingress")


@pytest.mark.parametrize("title", [FRONT, PROXY])
def test_a_killed_front_or_proxy_is_back_and_stands_alone(system: System, title: str) -> None:
    for victim in system.titled(title):
        victim.kill()
        victim.wait(10)
    wait_for(lambda: _is_accepted(system), BACK_WITHIN_S)
    wait_for(lambda: len(system.titled(title)) == 1 or None, 10)
    # Whoever came back follows where the ingress goes.
    [ingress] = system.replicas("ingress")
    ingress.kill()
    wait_for(lambda: _is_accepted(system), 60)
    time.sleep(1)
    assert _is_accepted(system)


def _submit_once(system: System) -> httpx.Response:
    return httpx.post(f"{system.run.base_url}/api/v1/support/form", json=FORM, timeout=60)


def _is_accepted(system: System) -> bool | None:
    try:
        return _submit_once(system).status_code == 201 or None
    except httpx.TransportError:
        return None
