"""Calls a language model on an OpenAI-compatible server, within limits of time and length."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from uuid import uuid4

from agents import (
    Model,
    ModelResponse,
    ModelRetrySettings,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
)
from agents.agent_output import AgentOutputSchemaBase
from agents.handoffs import Handoff
from agents.items import TResponseInputItem, TResponseOutputItem, TResponseStreamEvent
from agents.models.interface import ModelTracing
from agents.retry import (
    ModelRetryAdvice,
    ModelRetryAdviceRequest,
    ModelRetryBackoffSettings,
    RetryDecision,
    RetryPolicyContext,
)
from agents.tool import Tool
from openai import APIStatusError
from openai.types import Reasoning
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
)
from openai.types.responses.response_prompt_param import ResponsePromptParam
from typing_extensions import override

from agent.dialect import Dialect, Family, ServerAddress
from agent.lenient import read_tool_calls
from agent.model_client import ModelClient
from agent.settings import AgentSettings, ModelEndpoint
from domain.errors import ModelFailureCode, ModelMisbehaved

RETRIED_STATUSES = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class EndpointModel(Model):
    """The model of an endpoint, by the API that its server turns out to serve.

    Tool calls that the model wrote as text become tool calls. Raises ModelMisbehaved for a refusal and for an
    answer that is no completion; other errors pass through.
    """

    def __init__(self, endpoint: ModelEndpoint) -> None:
        # Opens no connection yet.
        self._client = ModelClient(endpoint)
        self._chat = OpenAIChatCompletionsModel(endpoint.model, self._client)
        self._responses = OpenAIResponsesModel(endpoint.model, self._client)

    def _inner(self) -> Model:
        return self._chat if self._client.dialect.api == "chat" else self._responses

    @override
    async def close(self) -> None:
        # The SDK's model does not close a client that it was given.
        await self._client.close()

    @override
    def get_retry_advice(self, request: ModelRetryAdviceRequest) -> ModelRetryAdvice | None:
        return self._inner().get_retry_advice(request)

    @override
    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        *,
        previous_response_id: str | None,
        conversation_id: str | None,
        prompt: ResponsePromptParam | None,
    ) -> ModelResponse:
        inner = self._inner()

        async def ask() -> ModelResponse:
            return await self._inner().get_response(
                system_instructions,
                input,
                model_settings,
                tools,
                output_schema,
                handoffs,
                tracing,
                previous_response_id=previous_response_id,
                conversation_id=conversation_id,
                prompt=prompt,
            )

        try:
            try:
                response = await ask()
            except APIStatusError:
                # The refusal may have taught that the server has the other API only.
                if self._inner() is inner:
                    raise
                response = await ask()
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            # The SDK does not check the shape of a server's answer: these errors mean a malformed one.
            raise ModelMisbehaved(f"malformed completion: {type(error).__name__}") from error
        _check_refusal(response.output)
        response.output = _with_written_calls(response.output, [tool.name for tool in tools])
        return response

    @override
    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        *,
        previous_response_id: str | None,
        conversation_id: str | None,
        prompt: ResponsePromptParam | None,
    ) -> AsyncIterator[TResponseStreamEvent]:
        events = self._inner().stream_response(
            system_instructions,
            input,
            model_settings,
            tools,
            output_schema,
            handoffs,
            tracing,
            previous_response_id=previous_response_id,
            conversation_id=conversation_id,
            prompt=prompt,
        )
        async for event in events:
            yield event


def _check_refusal(output: list[TResponseOutputItem]) -> None:
    for item in output:
        if isinstance(item, ResponseOutputMessage):
            for part in item.content:
                if isinstance(part, ResponseOutputRefusal):
                    said = " ".join(part.refusal.split())[:200]
                    raise ModelMisbehaved(f"the model declines: {said}", ModelFailureCode.REFUSAL)


def _with_written_calls(
    output: list[TResponseOutputItem], names: list[str]
) -> list[TResponseOutputItem]:
    if any(isinstance(item, ResponseFunctionToolCall) for item in output):
        return output
    text = "\n".join(
        part.text
        for item in output
        if isinstance(item, ResponseOutputMessage)
        for part in item.content
        if isinstance(part, ResponseOutputText)
    )
    calls = read_tool_calls(text, names)
    if not calls:
        return output
    return [function_call(name, arguments) for name, arguments in calls]


def function_call(name: str, arguments: str | dict[str, object]) -> ResponseFunctionToolCall:
    """Make a tool call of the SDK, with a new id."""
    return ResponseFunctionToolCall(
        type="function_call",
        name=name,
        arguments=arguments if isinstance(arguments, str) else json.dumps(arguments),
        call_id=f"call_{uuid4().hex}",
    )


def endpoint_family(endpoint: ModelEndpoint) -> Family:
    """Return what the table of families says of an endpoint."""
    return Dialect.of(ServerAddress.of(endpoint.base_url), endpoint.model).family


def call_settings(endpoint: ModelEndpoint, settings: AgentSettings) -> ModelSettings:
    """Make the settings of each call: one tool at a time, limits of time, length and attempts."""
    reasons = endpoint_family(endpoint).reasons
    return ModelSettings(
        temperature=endpoint.temperature,
        reasoning=Reasoning(effort="low") if reasons else None,
        tool_choice=endpoint.tool_choice,
        parallel_tool_calls=False,
        max_tokens=settings.max_output_tokens,
        timeout=endpoint.call_timeout.total_seconds(),
        retry=ModelRetrySettings(
            max_retries=endpoint.max_retries,
            backoff=ModelRetryBackoffSettings(
                initial_delay=endpoint.first_retry_delay.total_seconds(),
                max_delay=endpoint.max_retry_delay.total_seconds(),
                multiplier=2.0,
                jitter=True,
            ),
            policy=_RetryPolicy(endpoint.max_retry_delay.total_seconds()),
        ),
    )


class _RetryPolicy:
    """Retries passing failures, unless the server asks for too long a wait."""

    def __init__(self, max_delay_seconds: float) -> None:
        self._max_delay_seconds = max_delay_seconds

    def __call__(self, context: RetryPolicyContext) -> RetryDecision:
        error = context.normalized
        is_passing = error.is_network_error or error.status_code in RETRIED_STATUSES
        if not is_passing or error.is_timeout or error.error_code == "insufficient_quota":
            # Who was slow once is slow again: the time left is the fallback's.
            return RetryDecision(retry=False)
        wait = error.retry_after
        if wait is None and context.provider_advice is not None:
            wait = context.provider_advice.retry_after
        if wait is not None and wait > self._max_delay_seconds:
            return RetryDecision(retry=False, reason="the server asks for a longer wait")
        return RetryDecision(retry=True, delay=wait)
