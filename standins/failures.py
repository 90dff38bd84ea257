"""Makes a stand-in's calls fail on demand: `POST /_fail` queues failures, each call uses up the next one."""

from __future__ import annotations

import asyncio
from collections import deque

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send


class Failure(BaseModel):
    """A requested failure. `status` 0 drops the connection without an answer; below 400 answers normally.

    `hang_seconds` delays the answer. `after_accept` takes the call before it fails; otherwise the call has no
    effect.
    """

    status: int
    times: int = 1
    after_accept: bool = False
    hang_seconds: float = 0
    retry_after: int | None = None
    message: str = "Failed on demand."
    code: str | None = None
    """The provider's own code in the body, where its errors have one."""

    @property
    def answers_normally(self) -> bool:
        """Whether the call is only delayed."""
        return 0 < self.status < 400

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the error."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class Dropped(Response):
    """Closes the connection instead of answering."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        receive.__self__.transport.abort()  # type: ignore[attr-defined] # uvicorn's request cycle
        while (await receive())["type"] != "http.disconnect":
            continue


class HeldCalls:
    """Calls whose answer is delayed."""

    def __init__(self) -> None:
        self.number = 0
        """Calls that are delayed now."""
        self._released = asyncio.Event()

    async def hold(self, seconds: float) -> None:
        """Delay a call for `seconds` or until `release`."""
        self.number += 1
        try:
            async with asyncio.timeout(seconds):
                await self._released.wait()
        except TimeoutError:
            pass
        finally:
            self.number -= 1

    def release(self) -> None:
        """End the delays of the calls that are held now."""
        self._released.set()
        self._released = asyncio.Event()


class Failures:
    """The failures that wait for their calls."""

    def __init__(self) -> None:
        self._waiting: deque[Failure] = deque()
        self._held = HeldCalls()

    def next(self) -> Failure | None:
        """Use up and return the failure that is due, if any."""
        return self._waiting.popleft() if self._waiting else None

    async def hold(self, failure: Failure) -> None:
        """Delay the call as the failure asks for."""
        await self._held.hold(failure.hang_seconds)

    def routes(self) -> APIRouter:
        """Return the control calls."""
        router = APIRouter()

        @router.post("/_fail")
        async def fail(failure: Failure) -> dict[str, int]:
            self._waiting.extend([failure] * failure.times)
            return {"pending": len(self._waiting)}

        @router.get("/_fail")
        async def show_failures() -> dict[str, int]:
            return {"pending": len(self._waiting), "held": self._held.number}

        @router.delete("/_fail")
        async def fail_no_more() -> dict[str, int]:
            self._waiting.clear()
            self._held.release()
            return {"pending": 0}

        return router
