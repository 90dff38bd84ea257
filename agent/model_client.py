"""Connects to the language model's server and checks that it answers."""

from __future__ import annotations

from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AsyncOpenAI,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    Timeout,
)

from agent.limited_http import limited_client
from agent.settings import ModelEndpoint

_PROBE_TOKENS = 16
"""Some servers refuse less."""


def make_client(endpoint: ModelEndpoint) -> AsyncOpenAI:
    """Return a client that opens no connection yet."""
    key = endpoint.api_key.get_secret_value() if endpoint.api_key is not None else ""
    return AsyncOpenAI(
        # Servers without accounts want some key all the same.
        api_key=key or "none",
        base_url=endpoint.base_url or None,
        timeout=Timeout(
            endpoint.call_timeout.total_seconds(), connect=endpoint.connect_timeout.total_seconds()
        ),
        max_retries=0,
        http_client=limited_client(),
    )


async def check_model(endpoint: ModelEndpoint) -> list[str]:
    """Ask for a few words and return what is wrong, one sentence each; nothing when the model answers."""
    async with make_client(endpoint) as client:
        try:
            answer = await client.chat.completions.create(
                model=endpoint.model,
                messages=[{"role": "user", "content": "Answer with OK."}],
                max_tokens=_PROBE_TOKENS,
            )
        except APIError as error:
            return [_explain(error, endpoint)]
    if not getattr(answer, "choices", None):
        return ["The server's answer is no chat completion: check OPENAI_BASE_URL."]
    return []


def _explain(error: APIError, endpoint: ModelEndpoint) -> str:
    server = endpoint.base_url or "OpenAI"
    match error:
        case AuthenticationError() | PermissionDeniedError():
            return f"{server} does not accept OPENAI_API_KEY ({error.status_code}): get a new key."
        case NotFoundError():
            return (
                f"{server} has no model {endpoint.model} (404): check OPENAI_MODEL and OPENAI_BASE_URL,"
                " which usually ends in /v1."
            )
        case RateLimitError():
            return (
                f"{server} refuses further calls (429): check the account's limits and its balance."
            )
        case APIStatusError():
            return (
                f"{server} answered {error.status_code}: check OPENAI_MODEL and the server's log."
            )
        case APIConnectionError():
            return f"{server} can't be reached: check OPENAI_BASE_URL, the network and the proxy."
        case _:
            return f"{server} gave no valid answer: check OPENAI_BASE_URL."
