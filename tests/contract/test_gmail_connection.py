"""Checks that the test of a mailbox's connection names the one thing that is wrong, and what to do about it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from channels.gmail.connection import check_connection
from channels.gmail.settings import GmailSettings
from standins.gmail import create_app
from standins.serving import serve

ADDRESS = "support@techcorp.example"
NOBODY_LISTENS = "http://127.0.0.1:9"
NO_SUCH_NAME = "http://gmail.invalid"


@pytest.fixture(scope="module")
def google() -> Iterator[str]:
    with serve(create_app(ADDRESS)) as url:
        yield url


@pytest.fixture
def url(google: str) -> str:
    """With nothing left of what another test made fail."""
    httpx.delete(f"{google}/_fail").raise_for_status()
    return google


@pytest.fixture
def settings(url: str) -> GmailSettings:
    return GmailSettings(
        address=ADDRESS,
        client_id="id",
        client_secret=SecretStr("secret"),
        refresh_token=SecretStr("r"),
        api_base_url=url,
        token_uri=f"{url}/token",
        pubsub_topic="projects/p/topics/gmail",
        pubsub_audience="https://support.example/api/v1/webhooks/gmail",
        pubsub_service_account="gmail-push@project.iam.gserviceaccount.com",
        pubsub_certs_url=f"{url}/certs",
        timeout=timedelta(seconds=5),
    )


async def problem_of(settings: GmailSettings) -> str:
    (problem,) = await check_connection(settings)
    return problem


async def test_a_connection_in_order_has_nothing_missing(settings: GmailSettings) -> None:
    assert await check_connection(settings) == []


async def test_every_empty_setting_is_named_before_anybody_is_asked() -> None:
    empty = GmailSettings(
        address="", client_id="", client_secret=SecretStr(""), refresh_token=SecretStr("")
    )
    assert len(await check_connection(empty)) == 7


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"refresh_token": SecretStr("revoked")}, "GMAIL_REFRESH_TOKEN (invalid_grant)"),
        ({"client_secret": SecretStr("wrong")}, "GMAIL_CLIENT_ID and GMAIL_CLIENT_SECRET"),
        ({"refresh_token": SecretStr("readonly")}, "gmail.modify"),
        ({"address": "sales@techcorp.example"}, "belongs to support@techcorp.example"),
        ({"pubsub_topic": "projects/p/topics/closed"}, "gmail-api-push@system.gserviceaccount.com"),
        ({"pubsub_topic": "projects/p/topics/missing"}, "There is no topic"),
    ],
)
async def test_a_wrong_setting_is_named_with_the_step_that_mends_it(
    settings: GmailSettings, changes: dict[str, str], said: str
) -> None:
    problem = await problem_of(replace(settings, **changes))  # type: ignore[arg-type]
    assert said in problem
    assert "docs/how-to/connect-gmail.md" in problem


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        ({"operation": "profile", "status": 403, "reason": "insufficientPermissions"}, "scope"),
        ({"operation": "profile", "status": 403, "reason": "accessNotConfigured"}, "not enabled"),
        ({"operation": "profile", "status": 403, "reason": "rateLimitExceeded"}, "some minutes"),
        ({"operation": "profile", "status": 429}, "some minutes"),
        ({"operation": "profile", "status": 503}, "fault of its own"),
        ({"operation": "watch", "status": 503}, "fault of its own"),
        ({"operation": "token", "status": 503}, "fault of its own"),
    ],
)
async def test_what_google_refuses_is_told_from_what_google_can_not_do_now(
    settings: GmailSettings, url: str, failure: dict[str, object], said: str
) -> None:
    httpx.post(f"{url}/_fail", json={"times": 2, **failure}).raise_for_status()  # noqa: ASYNC210
    assert said in await problem_of(settings)


@pytest.mark.parametrize("setting", ["token_uri", "api_base_url", "pubsub_certs_url"])
@pytest.mark.parametrize(
    ("nowhere", "said"),
    [(NOBODY_LISTENS, "refuses the connection"), (NO_SUCH_NAME, "is not found: check the DNS")],
)
async def test_a_fault_of_the_network_is_not_blamed_on_the_credentials(
    settings: GmailSettings, setting: str, nowhere: str, said: str
) -> None:
    problem = await problem_of(replace(settings, **{setting: nowhere}))  # type: ignore[arg-type]
    assert said in problem
    assert "nothing about the credentials" in problem
    assert "token" not in problem


async def test_a_server_that_does_not_answer_is_told_from_one_that_refuses(
    settings: GmailSettings,
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        host, port = silent.getsockname()
        quick = replace(
            settings, token_uri=f"http://{host}:{port}/token", timeout=timedelta(seconds=0.5)
        )
        assert "does not answer in time" in await problem_of(quick)
