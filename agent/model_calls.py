"""Counts a turn's calls of a model, and keeps each within budget and time."""

from __future__ import annotations

import json
import time

from agents import Agent as SdkAgent
from agents import ModelResponse, RunContextWrapper, RunHooks, TResponseInputItem

from agent.context import TurnContext
from agent.dialect import REASONING_TOKENS
from agent.models import endpoint_family
from agent.settings import AgentSettings, ModelEndpoint
from agent.token_budget import estimate_tokens
from domain.errors import ModelFailureCode, ModelMisbehaved, ModelUnavailable

_TOOL_TOKENS = 600
"""Of the tools' descriptions, about."""
_OUR_OWN = frozenset({ModelFailureCode.OVER_BUDGET, ModelFailureCode.CIRCUIT_OPEN})
"""Failures that say nothing about the model."""


class ModelCalls(RunHooks[TurnContext]):
    """Counts a turn's calls, keeps each within budget and time, and stops an overlong run.

    Tokens are estimated where the provider reports none.
    """

    def __init__(
        self,
        context: TurnContext,
        settings: AgentSettings,
        endpoint: ModelEndpoint | None,
        deadline: float,
    ) -> None:
        self._context = context
        self._endpoint = endpoint
        self._token_limit = settings.turn_token_budget
        self._output_room = settings.max_output_tokens + (
            REASONING_TOKENS if endpoint is not None and endpoint_family(endpoint).reasons else 0
        )
        self._deadline = deadline
        self._longest_s = 0.0
        self._started_at = 0.0
        self._asked_tokens = 0
        self._reserved = 0.0
        self._is_waiting = False

    async def on_llm_start(
        self,
        context: RunContextWrapper[TurnContext],
        agent: SdkAgent[TurnContext],
        system_prompt: str | None,
        input_items: list[TResponseInputItem],
    ) -> None:
        """Reserve what the call can cost, and refuse one for which no time is left."""
        endpoint, now = self._endpoint, time.monotonic()
        if endpoint is None:
            return
        if now + self._longest_s > self._deadline:
            raise ModelUnavailable(
                "too little time is left for another call", code=ModelFailureCode.TIMED_OUT
            )
        asked = f"{system_prompt}{json.dumps(input_items, default=str, ensure_ascii=False)}"
        self._asked_tokens = estimate_tokens(asked) + _TOOL_TOKENS
        usd = endpoint.price.cost(self._asked_tokens, self._output_room)
        turn, budget = self._context.turn, self._context.turn.company.budget
        if usd and not await self._context.dependencies.ledger.reserve(
            turn.conversation_id, usd, budget.usd_per_day, budget.usd_per_conversation
        ):
            raise ModelUnavailable(
                "the company's budget for the model is used up",
                code=ModelFailureCode.OVER_BUDGET,
            )
        self._reserved, self._is_waiting, self._started_at = usd, True, time.monotonic()

    async def on_llm_end(
        self,
        context: RunContextWrapper[TurnContext],
        agent: SdkAgent[TurnContext],
        response: ModelResponse,
    ) -> None:
        """Count the call's tokens and cost."""
        usage, endpoint = response.usage, self._endpoint
        written = sum(estimate_tokens(item.model_dump_json()) for item in response.output)
        asked = usage.input_tokens or (self._asked_tokens if usage.requests else 0)
        given = usage.output_tokens or (written if usage.requests else 0)
        if endpoint is not None:
            self._longest_s = max(self._longest_s, time.monotonic() - self._started_at)
            await self._settle(asked, given)
            await self._context.dependencies.ledger.succeeded(endpoint.model)
        elif usage.requests:
            self._context.draft.journal.use(self._context.draft.model, asked, given, 0.0)
        draft = self._context.draft
        used = draft.journal.used.get(draft.model)
        total = used.input_tokens + used.output_tokens if used is not None else 0
        if total > self._token_limit and not self._context.is_decided:
            raise ModelMisbehaved(
                "the turn's token budget is used up", ModelFailureCode.OVER_BUDGET
            )

    async def fail(
        self, error: ModelUnavailable | ModelMisbehaved, *, costs: bool = True
    ) -> ModelUnavailable | ModelMisbehaved:
        """Settle a call that has not ended, tell the ledger, and return the error.

        Args:
            error: What ended the run.
            costs: False if the provider bills nothing for a call that ended so.
        """
        endpoint = self._endpoint
        if endpoint is None:
            return error
        if self._is_waiting:
            # What a call without an end has cost is not known: the most that it can.
            is_billed = costs and not (
                isinstance(error, ModelUnavailable) and error.code is ModelFailureCode.UNREACHABLE
            )
            await self._settle(*((self._asked_tokens, self._output_room) if is_billed else (0, 0)))
        if isinstance(error, ModelUnavailable) and error.code not in _OUR_OWN:
            await self._context.dependencies.ledger.failed(endpoint.model, error.code, str(error))
        return error

    async def _settle(self, asked: int, given: int) -> None:
        assert self._endpoint is not None
        usd = self._endpoint.price.cost(asked, given)
        self._context.draft.journal.use(self._context.draft.model, asked, given, usd)
        self._is_waiting = False
        if self._reserved:
            await self._context.dependencies.ledger.settle(
                self._context.turn.conversation_id, self._reserved, usd
            )
