"""Records what calls of a language model cost and how they ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.errors import ModelFailureCode

_MOST_REFUSALS = 20


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """US dollars for a million tokens."""

    input: float = 0.0
    output: float = 0.0

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """Return the dollars for these tokens."""
        return (input_tokens * self.input + output_tokens * self.output) / 1_000_000


@dataclass(frozen=True, slots=True)
class DraftRefusal:
    """Why a draft was not sent, or why there was none."""

    author: str
    """The model."""
    code: str
    """Of the check that refused it (agent/output_checks.py), or a ModelFailureCode."""
    detail: str


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """What calls of one model used."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0


@dataclass(slots=True)
class TurnJournal:
    """What all agents together used in one turn, failed ones included, and why drafts were refused."""

    used: dict[str, ModelUsage] = field(default_factory=dict)
    """By model."""
    refusals: list[DraftRefusal] = field(default_factory=list)

    def use(self, model: str, input_tokens: int, output_tokens: int, usd: float) -> None:
        """Add a call of a model."""
        so_far = self.used.get(model, ModelUsage())
        self.used[model] = ModelUsage(
            so_far.calls + 1,
            so_far.input_tokens + input_tokens,
            so_far.output_tokens + output_tokens,
            so_far.usd + usd,
        )

    def refuse(self, author: str, code: str, detail: str) -> None:
        """Add a refusal; no more than 20 are kept."""
        if len(self.refusals) < _MOST_REFUSALS:
            self.refusals.append(DraftRefusal(author, code, detail[:300]))


@dataclass(frozen=True, slots=True)
class ModelState:
    """How the newest calls of a model ended, over all replicas."""

    model: str
    succeeded_at: datetime | None
    failed_at: datetime | None
    failing_since: datetime | None
    """None while the newest call succeeded."""
    code: ModelFailureCode | None
    said: str
    """The server's words about the newest failure, for staff."""


class ModelLedger(Protocol):
    """Keeps a model's costs within the company's budget and its state for staff."""

    async def reserve(
        self,
        conversation_id: UUID,
        usd: float,
        per_day: float | None,
        per_conversation: float | None,
    ) -> bool:
        """Reserve the most that a call can cost; False if a budget would be exceeded.

        What is never settled stays reserved, so that a crash can't make the budget larger.
        """
        ...

    async def settle(self, conversation_id: UUID, reserved: float, spent: float) -> None:
        """Replace a reservation by what the call has cost."""
        ...

    async def succeeded(self, model: str) -> None:
        """Record that the model answered."""
        ...

    async def failed(self, model: str, code: ModelFailureCode, said: str) -> None:
        """Record that the model gave no answer."""
        ...


class NoLedger(ModelLedger):
    """Knows no budget and keeps nothing: for evaluations, and for agents that cost nothing."""

    async def reserve(
        self,
        conversation_id: UUID,
        usd: float,
        per_day: float | None,
        per_conversation: float | None,
    ) -> bool:
        """Allow any call."""
        return True

    async def settle(self, conversation_id: UUID, reserved: float, spent: float) -> None:
        """Keep nothing."""

    async def succeeded(self, model: str) -> None:
        """Keep nothing."""

    async def failed(self, model: str, code: ModelFailureCode, said: str) -> None:
        """Keep nothing."""
