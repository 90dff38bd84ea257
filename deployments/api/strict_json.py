"""Refuses JSON bodies that name a field twice, which two readers can understand in two ways."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.errors import error_response


class NamedTwice(ValueError):
    """An object of the document has a field more than once."""

    def __init__(self, name: str) -> None:
        super().__init__("a field is named twice")
        self.name = name


class StrictJson:
    """Answers 400 with the field's name. Needs the body in one message, as `BodyLimit` passes it on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        if scope["type"] != "http" or not _is_json(scope):
            await self._app(scope, receive, send)
            return
        message: Message | None = await receive()
        name = find_repeated_name(message.get("body", b"") if message is not None else b"")
        if name is not None:
            answer = error_response(
                400, "A field is named twice.", fields={name[:100]: "must be given once"}
            )
            await answer(scope, receive, send)
            return

        async def replay() -> Message:
            nonlocal message
            first, message = message, None
            return first if first is not None else await receive()

        await self._app(scope, replay, send)


def find_repeated_name(document: bytes) -> str | None:
    """Return a name that an object of the JSON document has twice; None too where it is no JSON."""
    try:
        json.loads(document, object_pairs_hook=_refuse_repeated)
    except NamedTwice as error:
        return error.name
    except (ValueError, RecursionError):
        # The route says what is wrong with it.
        return None
    return None


def _is_json(scope: Scope) -> bool:
    return b"json" in dict(scope["headers"]).get(b"content-type", b"").lower()


def _refuse_repeated(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(name, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise NamedTwice(name)
    return found
