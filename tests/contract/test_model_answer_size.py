"""Tests a model's, a provider's or a site's server whose answer would fill the memory: the read ends at a limit."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
import pytest
from openai import DefaultAsyncHttpxClient

from sandbox.limited_answers import MAX_ANSWER_BYTES, TooLarge, limiting_hooks

MakeClient = Callable[..., Any]
CLIENTS = [DefaultAsyncHttpxClient, httpx.AsyncClient, httpx2.AsyncClient]
BOMB = gzip.compress(bytes(64 * 1024 * 1024), 9)
CHUNK = b"20000\r\n" + b" " * 0x20000 + b"\r\n"


@asynccontextmanager
async def serving(head: bytes, chunk: bytes, times: int) -> AsyncIterator[tuple[str, list[int]]]:
    """Its address, and for each request how many chunks were taken."""
    taken: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" + head + b"\r\n\r\n")
        taken.append(0)
        try:
            for _ in range(times):
                writer.write(chunk)
                await writer.drain()
                taken[-1] += 1
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", taken


@pytest.mark.parametrize(
    ("head", "chunk", "times"),
    [
        (b"content-encoding: gzip\r\ncontent-length: %d" % len(BOMB), BOMB, 1),
        (b"content-encoding: br\r\ncontent-length: 4", b"\x0b\x02\x80x", 1),
        (b"content-length: 400000000", b" " * 100_000, 4_000),
        (b"transfer-encoding: chunked", CHUNK, 1_000),
        (b"connection: close", b" " * 100_000, 4_000),
    ],
)
@pytest.mark.parametrize("make", CLIENTS)
async def test_an_answer_beyond_the_limit_is_not_read_to_its_end(
    head: bytes, chunk: bytes, times: int, make: MakeClient
) -> None:
    async with (
        serving(head, chunk, times) as (url, taken),
        make(event_hooks=limiting_hooks()) as client,
    ):
        with pytest.raises(TooLarge) as caught:
            await client.post(url, json={})
        assert isinstance(caught.value, httpx.HTTPError | httpx2.HTTPError)
        # The system's own buffers hold some more.
        assert all(count * len(chunk) < 24 * MAX_ANSWER_BYTES for count in taken)


@pytest.mark.parametrize("make", CLIENTS)
async def test_an_answer_up_to_the_limit_is_read_and_asked_for_as_it_is(make: MakeClient) -> None:
    async with (
        serving(b"content-length: %d" % MAX_ANSWER_BYTES, b" " * MAX_ANSWER_BYTES, 1) as (url, _),
        make(event_hooks=limiting_hooks()) as client,
    ):
        answer = await client.post(url, json={})
    assert len(answer.content) == MAX_ANSWER_BYTES
    assert answer.request.headers["accept-encoding"] == "identity"
