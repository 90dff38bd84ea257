"""Bounds what a server may answer to an asynchronous client, so that one answer can't fill a replica's memory.

For clients of httpx and of its successor httpx2 alike, which our libraries use side by side.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import httpx2

MAX_ANSWER_BYTES = 1024 * 1024
Request = httpx.Request | httpx2.Request
Response = httpx.Response | httpx2.Response


class TooLarge(httpx.TransportError, httpx2.TransportError):  # type: ignore[misc]  # two kinds of request
    """The answer is compressed or longer than the limit."""


def limiting_hooks() -> dict[str, list[Callable[..., Any]]]:
    """Return the event hooks of a client that raises TooLarge for an answer beyond the limit.

    It asks for an uncompressed answer and refuses any other, which could unfold without end.
    """
    return {"request": [_ask_for_plain], "response": [_limit]}


async def _ask_for_plain(request: Request) -> None:
    request.headers["Accept-Encoding"] = "identity"


async def _limit(response: Response) -> None:
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise TooLarge("the server compresses its answer")
    declared = response.headers.get("content-length", "0")
    if declared.isdigit() and int(declared[:20]) > MAX_ANSWER_BYTES:
        raise TooLarge("the server answers too much")
    if isinstance(response.stream, httpx.AsyncByteStream | httpx2.AsyncByteStream):
        response.stream = _Limited(response.stream)


class _Limited(httpx.AsyncByteStream, httpx2.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream | httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise TooLarge("the server answers too much")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
