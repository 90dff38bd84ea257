"""Tests a server that answers 200 with anything but a chat completion: always a domain error, never a raw one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from agent.agent import build_agents
from agent.settings import AgentSettings, ModelEndpoint
from domain.errors import ModelMisbehaved, ModelUnavailable
from domain.ports import AgentDependencies
from tests.unit.agent_world import WordSearch, turn

BODIES = {
    "not JSON": b"<html>gateway</html>",
    "cut JSON": b'{"id": "x", "choices": [{"message": {"role": "assi',
    "empty": b"",
    "null": b"null",
    "a list": b"[]",
    "no choices": b'{"id": "x", "object": "chat.completion"}',
    "empty choices": b'{"id": "x", "choices": []}',
    "null message": b'{"id": "x", "choices": [{"index": 0, "message": null, "finish_reason": "stop"}]}',
    "odd types": b'{"id": 1, "choices": [{"index": 0, "message": {"content": 5, "tool_calls": "x"}}]}',
    "null function": b'{"id": "x", "choices": [{"index": 0, "message": {"role": "assistant", '
    b'"content": null, "tool_calls": [{"id": "1", "type": "function", "function": null}]}}]}',
    "too long": b" " * 2_000_000,
    "error payload": b'{"error": {"message": "secret internals", "code": 500}}',
}


@asynccontextmanager
async def serving(body: bytes, length: int | None = None) -> AsyncIterator[str]:
    """A server that gives every request the same body, or breaks off where `length` says more."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [
            line.split(b":")[1]
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ]
        await reader.readexactly(int(lengths[0]) if lengths else 0)
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
            b"content-length: %d\r\n\r\n" % (length if length is not None else len(body))
        )
        writer.write(body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


def endpoint(url: str) -> ModelEndpoint:
    return ModelEndpoint(
        model="m",
        base_url=url,
        call_timeout=timedelta(seconds=2),
        first_retry_delay=timedelta(milliseconds=10),
    )


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_malformed_answer_is_a_domain_error(body: bytes) -> None:
    async with serving(body) as url:
        agents = build_agents(AgentSettings(), endpoint(url))
        with pytest.raises((ModelMisbehaved, ModelUnavailable)) as refused:
            await agents[0].draft(
                turn("How do I reset my password?"), AgentDependencies(WordSearch())
            )
        assert "secret internals" not in str(refused.value)
        await agents[0].close()


async def test_an_answer_that_breaks_off_is_a_domain_error() -> None:
    async with serving(BODIES["cut JSON"], length=5000) as url:
        agents = build_agents(AgentSettings(), endpoint(url))
        with pytest.raises((ModelMisbehaved, ModelUnavailable)):
            await agents[0].draft(
                turn("How do I reset my password?"), AgentDependencies(WordSearch())
            )
        await agents[0].close()
