"""Puts a Gmail mailbox behind the API: the real client over HTTP to the stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from channels.gmail.api import GmailApi
from channels.gmail.mailbox import GmailMailbox
from channels.gmail.settings import GmailSettings
from channels.gmail.transport import GmailIntake
from domain.channels import Channel
from standins.gmail import create_app
from standins.serving import serve
from tests.integration.api import MAILBOX, Api, OneTokenVerifier, push


@pytest.fixture
def gmail_url() -> Iterator[str]:
    with serve(create_app(MAILBOX)) as url:
        yield url


@pytest.fixture
async def gmail(gmail_url: str) -> AsyncIterator[GmailApi]:
    made = GmailApi(
        GmailSettings(
            address=MAILBOX,
            client_id="id",
            client_secret=SecretStr("secret"),
            refresh_token=SecretStr("r"),
            api_base_url=gmail_url,
            token_uri=f"{gmail_url}/token",
            pubsub_topic="projects/p/topics/gmail",
            pubsub_audience="https://support.example/api/v1/webhooks/gmail",
            pubsub_service_account="gmail-push@project.iam.gserviceaccount.com",
            pubsub_certs_url=f"{gmail_url}/certs",
            timeout=timedelta(seconds=20),
            max_threads=4,
        )
    )
    yield made
    made.close()


@pytest.fixture
async def mail_api(api: Api, gmail: GmailApi) -> AsyncIterator[Api]:
    """The API with the real mailbox behind its webhook, its first look taken."""
    mailbox = GmailMailbox(gmail, max_messages=8)
    changed = api.with_intake(Channel.EMAIL, GmailIntake(MAILBOX, mailbox, OneTokenVerifier()))
    assert (await push(changed)).status_code == 200
    yield changed
    mailbox.close()


@pytest.fixture
def control(gmail_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gmail_url) as client:
        yield client


def write(control: httpx.Client, **mail: object) -> dict[str, str]:
    answer = control.post("/_receive", json={"pushes": 0, **mail})
    answer.raise_for_status()
    return dict(answer.json())


def fail(control: httpx.Client, **failure: object) -> None:
    control.post("/_fail", json=failure).raise_for_status()


def fail_no_more(control: httpx.Client) -> None:
    control.delete("/_fail").raise_for_status()


def forget_history(control: httpx.Client) -> None:
    control.post("/_forget_history").raise_for_status()


def sent(control: httpx.Client) -> list[dict[str, Any]]:
    return list(control.get("/_sent").json())


def add_alias(control: httpx.Client, address: str) -> None:
    control.post("/_aliases", json={"address": address}).raise_for_status()


def rewrite_message_ids(control: httpx.Client) -> None:
    control.post("/_rewrite_message_ids").raise_for_status()
