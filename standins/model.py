"""Simulates an OpenAI-compatible model server: chat completions with tools and streaming, Responses, and models.

Set OPENAI_BASE_URL to its /v1. It answers by its mode: `passages` quotes what the caller's search tool returns,
`obedient` does whatever any text that it is shown says, `script` says what `POST /_script` queued. `POST /_mode`
changes the mode, `POST /_family` the kind of model that it plays, `GET /_requests` lists what it was asked,
`GET /_sent` what it said, `POST /_fail` makes calls fail.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from openai.types.chat import ChatCompletion
from pydantic import BaseModel, field_validator
from starlette.exceptions import HTTPException

from standins.failures import Dropped, Failure, Failures
from standins.model_families import FAMILIES, family_names
from standins.model_obedience import obey
from standins.model_passages import answer_from_passages
from standins.model_protocol import (
    Answer,
    ChatRequest,
    Json,
    RequestRefused,
    complete,
    error_response,
    past_calls,
    stream,
)
from standins.model_responses import ResponsesRequest, as_response

Mode = Literal["passages", "obedient", "script"]
MODELS = ("gpt-4.1-mini", "gpt-4o-mini")


class ModeWish(BaseModel):
    """The mode from now on."""

    mode: Mode


class FamilyWish(BaseModel):
    """The kind of model from now on (standins/model_families.py)."""

    family: str

    @field_validator("family")
    @classmethod
    def _known(cls, family: str) -> str:
        if family not in FAMILIES:
            raise ValueError(f"one of {', '.join(FAMILIES)}")
        return family


class ScriptedAnswer(Answer):
    """An answer of the script, given `times` times."""

    times: int = 1


class ModelServer:
    """The mode, the script, and what was asked and said."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.family = FAMILIES["any"]
        self.script: list[ScriptedAnswer] = []
        self.requests: list[Json] = []
        self.sent: list[Json] = []
        self.failures = Failures()

    def answer(self, request: ChatRequest) -> ChatCompletion:
        """Answer by the mode and keep the completion.

        Raises:
            RequestRefused: The conversation is malformed, or the script is at its end.
        """
        past_calls(request.messages)
        modes: dict[Mode, Callable[[ChatRequest], Answer]] = {
            "passages": answer_from_passages,
            "obedient": obey,
            "script": self._next_of_script,
        }
        completion = complete(request, modes[self.mode](request))
        self.sent.append(completion.model_dump(mode="json", exclude_unset=True))
        return completion

    def _next_of_script(self, _request: ChatRequest) -> Answer:
        if not self.script:
            raise RequestRefused("The script is at its end.")
        self.script[0].times -= 1
        return self.script.pop(0) if self.script[0].times <= 0 else self.script[0]


def create_app(mode: Mode = "passages", api_key: str | None = None) -> FastAPI:
    """Make the app; without an `api_key` it takes any key, and refuses only calls without one."""
    server = ModelServer(mode)
    app = FastAPI(title="Model stand-in", docs_url=None, redoc_url=None)
    for prefix in ("/v1", "/openai/v1", "/openai/deployments/{deployment}"):
        app.include_router(_protocol_routes(server, api_key, prefix))
    app.include_router(_control_routes(server))
    app.include_router(server.failures.routes())

    @app.exception_handler(RequestRefused)
    async def refuse(_: Request, error: RequestRefused) -> Response:
        return error_response(error.status, str(error), error.param)

    @app.exception_handler(RequestValidationError)
    async def refuse_invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return error_response(400, f"Invalid value for '{where}': {first['msg']}", where or None)

    @app.exception_handler(HTTPException)
    async def refuse_unknown(request: Request, error: HTTPException) -> Response:
        called = f"{request.method} {request.url.path}"
        message = f"Invalid URL ({called})" if error.status_code == 404 else error.detail
        return error_response(error.status_code, message)

    return app


def _protocol_routes(server: ModelServer, api_key: str | None, prefix: str) -> APIRouter:
    router = APIRouter(prefix=prefix)

    def check_key(request: Request) -> None:
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        key = request.headers.get("api-key") or (key if kind.lower() == "bearer" else "")
        if not key:
            raise RequestRefused("You didn't provide an API key.", status=401)
        if api_key is not None and key != api_key:
            raise RequestRefused("Incorrect API key provided.", status=401)

    async def keep(request: Request) -> Json:
        """Keep the request as it came and return it."""
        check_key(request)
        body: Json = await request.json()
        at = datetime.now(UTC).isoformat()
        server.requests.append(
            {"at": at, "path": request.url.path, "query": request.url.query, "body": body}
        )
        return body

    async def complete_or_fail(asked: ChatRequest) -> ChatCompletion | Failure:
        failure = server.failures.next()
        if failure is None:
            return server.answer(asked)
        completion = server.answer(asked) if failure.after_accept else None
        await server.failures.hold(failure)
        if not failure.answers_normally:
            return failure
        return completion or server.answer(asked)

    @router.post("/chat/completions", response_model=None)
    async def create_completion(body: ChatRequest, request: Request) -> Response:
        server.family.check("chat", await keep(request))
        completion = await complete_or_fail(body)
        if isinstance(completion, Failure):
            return _failed(completion)
        if not body.stream:
            return _answered(completion.model_dump(mode="json", exclude_unset=True))
        return StreamingResponse(
            stream(body, completion), headers=_request_id(), media_type="text/event-stream"
        )

    @router.post("/responses", response_model=None)
    async def create_response(body: ResponsesRequest, request: Request) -> Response:
        server.family.check("responses", await keep(request))
        completion = await complete_or_fail(body.as_chat())
        if isinstance(completion, Failure):
            return _failed(completion)
        return _answered(as_response(completion).model_dump(mode="json", exclude_unset=True))

    @router.get("/models")
    async def list_models(request: Request) -> Json:
        check_key(request)
        return {"object": "list", "data": [_model(name) for name in MODELS]}

    @router.get("/models/{name}")
    async def show_model(name: str, request: Request) -> Json:
        check_key(request)
        return _model(name)

    return router


def _control_routes(server: ModelServer) -> APIRouter:
    router = APIRouter()

    @router.get("/_mode")
    async def show_mode() -> dict[str, str]:
        return {"mode": server.mode}

    @router.post("/_mode")
    async def change_mode(wish: ModeWish) -> dict[str, str]:
        server.mode = wish.mode
        return {"mode": server.mode}

    @router.get("/_family")
    async def list_families() -> list[Json]:
        return family_names()

    @router.post("/_family")
    async def change_family(wish: FamilyWish) -> dict[str, str]:
        server.family = FAMILIES[wish.family]
        return {"family": wish.family}

    @router.post("/_script")
    async def add_to_script(answers: list[ScriptedAnswer]) -> dict[str, int]:
        server.script.extend(answers)
        return {"pending": len(server.script)}

    @router.get("/_script")
    async def show_script() -> dict[str, int]:
        return {"pending": len(server.script)}

    @router.delete("/_script")
    async def clear_script() -> dict[str, int]:
        server.script.clear()
        return {"pending": 0}

    @router.get("/_requests")
    async def list_requests() -> list[Json]:
        return server.requests

    @router.delete("/_requests")
    async def forget_requests() -> dict[str, int]:
        server.requests.clear()
        return {"requests": 0}

    @router.get("/_sent")
    async def list_sent() -> list[Json]:
        return server.sent

    return router


def _answered(content: Json) -> Response:
    return JSONResponse(content, headers=_request_id())


def _request_id() -> dict[str, str]:
    return {"x-request-id": f"req_{uuid4().hex}"}


def _failed(failure: Failure) -> Response:
    if failure.status == 0:
        return Dropped()
    return error_response(
        failure.status, failure.message, headers=failure.headers, code=failure.code
    )


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "stand-in"}
