"""Bounds what a model's server may answer, so that one answer can't fill a replica's memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
from openai import DefaultAsyncHttpxClient

MAX_ANSWER_BYTES = 1024 * 1024


class TooLarge(httpx2.TransportError):
    """The answer is compressed or longer than the limit."""


def limited_client() -> httpx2.AsyncClient:
    """Make a client that raises TooLarge for an answer beyond the limit.

    It asks for an uncompressed answer and refuses any other, which could unfold without end.
    """
    return DefaultAsyncHttpxClient(event_hooks={"request": [_ask_for_plain], "response": [_limit]})


async def _ask_for_plain(request: httpx2.Request) -> None:
    request.headers["Accept-Encoding"] = "identity"


async def _limit(response: httpx2.Response) -> None:
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise TooLarge("the model's server compresses its answer", request=response.request)
    declared = response.headers.get("content-length", "0")
    if declared.isdigit() and int(declared[:20]) > MAX_ANSWER_BYTES:
        raise TooLarge("the model's server answers too much", request=response.request)
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Limited(response.stream, response.request)


class _Limited(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, request: httpx2.Request) -> None:
        self._stream = stream
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise TooLarge("the model's server answers too much", request=self._request)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
