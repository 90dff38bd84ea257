"""Tests providers' servers whose answer would fill the memory: the read ends at a limit."""

from __future__ import annotations

import asyncio
import http.client
from contextlib import closing
from datetime import timedelta

import pytest

from channels.gmail import limited_http
from channels.gmail.limited_http import LimitedHttp
from channels.whatsapp import client
from channels.whatsapp.client import TwilioHttp, sending_error
from domain.errors import SendUnsure
from tests.contract.test_model_answer_size import BOMB, CHUNK, serving

TOO_MUCH = [
    (b"content-encoding: gzip\r\ncontent-length: %d" % len(BOMB), BOMB, 1),
    (b"content-length: 400000000", b" " * 100_000, 4_000),
    (b"transfer-encoding: chunked", CHUNK, 1_000),
    (b"connection: close", b" " * 100_000, 4_000),
]
LIMIT = client.MAX_ANSWER_BYTES


def ask_google(url: str) -> bytes:
    with closing(LimitedHttp(30)) as transport:
        return bytes(transport.request(url)[1])


@pytest.fixture(autouse=True)
def the_same_limit_for_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited_http, "MAX_ANSWER_BYTES", LIMIT)


@pytest.mark.parametrize(("head", "chunk", "times"), TOO_MUCH)
async def test_gmails_answer_beyond_the_limit_is_not_read_to_its_end(
    head: bytes, chunk: bytes, times: int
) -> None:
    async with serving(head, chunk, times) as (url, taken):
        with pytest.raises(limited_http.TooLarge):
            await asyncio.to_thread(ask_google, url)
        assert all(count * len(chunk) < 24 * LIMIT for count in taken)


@pytest.mark.parametrize(("head", "chunk", "times"), TOO_MUCH)
async def test_twilios_answer_beyond_the_limit_is_not_read_to_its_end(
    head: bytes, chunk: bytes, times: int
) -> None:
    async with serving(head, chunk, times) as (url, taken):
        twilio = TwilioHttp(url, timedelta(seconds=30))
        with pytest.raises(client.TooLarge) as caught:
            await asyncio.to_thread(twilio.request, "POST", "https://api.example/2010")
        assert all(count * len(chunk) < 24 * LIMIT for count in taken)
    assert isinstance(sending_error(caught.value), SendUnsure)


async def test_an_answer_up_to_the_limit_is_read() -> None:
    head = b"content-length: %d" % LIMIT
    async with serving(head, b" " * LIMIT, 1) as (url, _):
        content = await asyncio.to_thread(ask_google, url)
        assert len(content) == LIMIT
        answer = await asyncio.to_thread(
            TwilioHttp(url, timedelta(seconds=30)).request, "GET", "https://api.example/2010"
        )
        assert len(answer.text) == LIMIT


async def test_an_answer_that_breaks_off_is_no_whole_one() -> None:
    async with serving(b"content-length: 1000", b"{}", 1) as (url, _):
        with pytest.raises(http.client.IncompleteRead):
            await asyncio.to_thread(ask_google, url)
