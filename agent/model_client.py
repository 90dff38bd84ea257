"""Connects to the language model's server in its dialect, and checks that it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import cached_property
from typing import Any

from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    AuthenticationError,
    DefaultAsyncHttpxClient,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    Timeout,
)
from openai.resources.chat import AsyncChat
from openai.resources.chat.completions import AsyncCompletions
from openai.resources.responses import AsyncResponses
from typing_extensions import override

from agent.dialect import Api, Dialect, ServerAddress, words_of
from agent.settings import ModelEndpoint
from domain.errors import ModelFailureCode, ModelMisbehaved, ModelUnavailable
from sandbox.limited_answers import limiting_hooks

_PROBE_TOKENS = 16
"""Some servers refuse less."""
_MOST_LESSONS = 6
"""Refusals that one call may learn from."""


class ModelClient(AsyncOpenAI):
    """A client that shapes chat completions by the server's dialect, and tells how they ended."""

    def __init__(self, endpoint: ModelEndpoint) -> None:
        key = endpoint.api_key.get_secret_value() if endpoint.api_key is not None else ""
        address = ServerAddress.of(endpoint.base_url)
        super().__init__(
            # Servers without accounts want some key all the same.
            api_key=key or "none",
            base_url=address.url,
            default_query=dict(address.query),
            default_headers={"api-key": key} if address.is_azure else {},
            timeout=Timeout(
                endpoint.call_timeout.total_seconds(),
                connect=endpoint.connect_timeout.total_seconds(),
            ),
            max_retries=0,
            http_client=DefaultAsyncHttpxClient(event_hooks=limiting_hooks()),
        )
        self.dialect = Dialect.of(address, endpoint.model)

    @override
    def with_options(self, **_options: Any) -> ModelClient:
        """Return this client: the Agents SDK only switches off retries, of which it has none."""
        return self

    @cached_property
    @override
    def chat(self) -> AsyncChat:
        return _Chat(self)

    @cached_property
    @override
    def responses(self) -> AsyncResponses:
        return _Responses(self)


class _Chat(AsyncChat):
    @cached_property
    @override
    def completions(self) -> AsyncCompletions:
        return _Completions(self._client)


class _Completions(AsyncCompletions):
    _client: ModelClient

    @override
    async def create(self, **request: Any) -> Any:
        """Send a request; a refused parameter is left out and the call repeated at once."""
        dialect = self._client.dialect
        answer = await _learning(
            dialect, "chat", lambda: super(_Completions, self).create(**dialect.shape(request))
        )
        choices = getattr(answer, "choices", None)
        if isinstance(choices, list) and choices:
            _refuse_end(getattr(choices[0], "finish_reason", None))
        return answer


class _Responses(AsyncResponses):
    _client: ModelClient

    @override
    async def create(self, **request: Any) -> Any:
        """Send a request, likewise; an incomplete answer is an error."""
        dialect = self._client.dialect

        def ask() -> Awaitable[Any]:
            shaped = {key: value for key, value in request.items() if key not in dialect.never_sent}
            limit = shaped.get("max_output_tokens")
            if isinstance(limit, int):
                shaped["max_output_tokens"] = dialect.token_room(limit)
            return super(_Responses, self).create(**shaped)

        answer = await _learning(dialect, "responses", ask)
        details = getattr(answer, "incomplete_details", None)
        if details is not None:
            _refuse_end("content_filter" if details.reason == "content_filter" else "length")
        return answer


async def _learning(dialect: Dialect, api: Api, ask: Callable[[], Awaitable[Any]]) -> Any:
    """Ask again after each refusal that teaches something, unless the other API is the lesson."""
    for _ in range(_MOST_LESSONS):
        try:
            return await ask()
        except APIStatusError as error:
            if not dialect.learn(error) or dialect.api != api:
                raise
    return await ask()


def _refuse_end(reason: object) -> None:
    match reason:
        case "length":
            raise ModelMisbehaved(
                "the model's answer was cut by its length", ModelFailureCode.CUT_BY_LENGTH
            )
        case "content_filter":
            raise ModelMisbehaved(
                "the provider's content filter withheld the answer",
                ModelFailureCode.CONTENT_FILTERED,
            )
        case _:
            return


async def check_model(endpoint: ModelEndpoint) -> list[str]:
    """Ask for a few words and return what is wrong, one sentence each; nothing when the model answers."""
    failure = await ask_model(endpoint)
    return [] if failure is None else [advice(failure, endpoint)]


async def ask_model(endpoint: ModelEndpoint) -> ModelUnavailable | ModelMisbehaved | None:
    """Ask for a few words and return how that failed; None when the model answers."""
    async with ModelClient(endpoint) as client:
        try:
            await _ask(client, endpoint.model)
        except APIError as error:
            return failure_of(error, endpoint)
        except ModelMisbehaved as error:
            # A reasoning model may use up the few tokens: it answers all the same.
            return None if error.code is ModelFailureCode.CUT_BY_LENGTH else error
    return None


async def _ask(client: ModelClient, model: str) -> None:
    question = "Answer with OK."
    if client.dialect.api == "chat":
        try:
            answer = await client.chat.completions.create(
                model=model,
                messages=[{"role": "user", "content": question}],
                max_tokens=_PROBE_TOKENS,
            )
        except APIStatusError:
            # The refusal may have taught that only Responses are served.
            if client.dialect.api == "chat":
                raise
        else:
            if not getattr(answer, "choices", None):
                raise ModelMisbehaved("the server's answer is no chat completion")
            return
    await client.responses.create(model=model, input=question, max_output_tokens=_PROBE_TOKENS)


def failure_of(error: APIError, endpoint: ModelEndpoint) -> ModelUnavailable | ModelMisbehaved:
    """Return the domain's error for one of the client's, with the server's words and without the key."""
    match error:
        case APITimeoutError():
            code, text = ModelFailureCode.TIMED_OUT, "the model did not answer in time"
        case APIConnectionError():
            code, text = ModelFailureCode.UNREACHABLE, "the model's server can't be reached"
        case APIStatusError() if _says(error, "content_filter", "responsibleaipolicy"):
            return ModelMisbehaved(
                f"the provider's content filter refused the message: {_said(error, endpoint)}",
                ModelFailureCode.CONTENT_FILTERED,
            )
        case RateLimitError() if _says(error, "insufficient_quota", "billing", "credit"):
            code, text = ModelFailureCode.QUOTA_USED_UP, "the account has no quota left"
        case RateLimitError():
            code, text = ModelFailureCode.RATE_LIMITED, "the model's server refuses further calls"
        case AuthenticationError() | PermissionDeniedError():
            code, text = ModelFailureCode.KEY_REFUSED, "the model's server refuses the key"
        case NotFoundError():
            code, text = ModelFailureCode.UNKNOWN_MODEL, f"no model {endpoint.model} there"
        case APIStatusError() if error.status_code < 500:
            code = ModelFailureCode.REQUEST_REFUSED
            text = f"the model's server refuses the request ({error.status_code})"
        case APIStatusError():
            code = ModelFailureCode.SERVER_FAILED
            text = f"the model's server failed ({error.status_code})"
        case _:
            return ModelMisbehaved("the answer was no completion")
    return ModelUnavailable(text, _retry_after(error), code=code, said=_said(error, endpoint))


def _says(error: APIStatusError, *words: str) -> bool:
    body = error.body if isinstance(error.body, dict) else {}
    named = (
        f"{body.get('code')} {body.get('type')} {body.get('innererror')} {words_of(error)}".lower()
    )
    return any(word in named for word in words)


def _said(error: APIError, endpoint: ModelEndpoint) -> str:
    if not isinstance(error, APIStatusError):
        return ""
    said = words_of(error)
    key = endpoint.api_key.get_secret_value() if endpoint.api_key is not None else ""
    return said.replace(key, "…") if key else said


def _retry_after(error: APIError) -> timedelta | None:
    if not isinstance(error, APIStatusError):
        return None
    value = error.response.headers.get("retry-after", "")
    try:
        return timedelta(seconds=max(0.0, min(float(value), 3600.0)))
    except ValueError:
        return None


def advice(failure: ModelUnavailable | ModelMisbehaved, endpoint: ModelEndpoint) -> str:
    """Return a sentence that says what failed, in the server's words, and what to do about it."""
    server = endpoint.base_url or "OpenAI"
    todo = {
        ModelFailureCode.KEY_REFUSED: "get a new key and set OPENAI_API_KEY",
        ModelFailureCode.UNKNOWN_MODEL: (
            "check OPENAI_MODEL and OPENAI_BASE_URL, which usually ends in /v1"
        ),
        ModelFailureCode.QUOTA_USED_UP: "top up the account",
        ModelFailureCode.RATE_LIMITED: "check the account's limits",
        ModelFailureCode.UNREACHABLE: "check OPENAI_BASE_URL, the network and the proxy",
        ModelFailureCode.TIMED_OUT: "check the server's load, or raise call_timeout_s",
    }.get(failure.code, "check OPENAI_MODEL and the server's log")
    return f"{server}: {str(failure).rstrip('.')}. To do: {todo}."
