"""Declares what the use cases read and write of a language model's costs and state."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from domain.errors import ModelFailureCode
from domain.model_calls import ModelState


class ModelCalls(Protocol):
    """What the model cost by day and conversation, and how its newest calls ended."""

    async def reserve(
        self,
        conversation_id: UUID,
        usd: float,
        per_day: float | None,
        per_conversation: float | None,
    ) -> bool:
        """Reserve a cost; False if a budget would be exceeded, and then the caller must not commit."""
        ...

    async def settle(self, conversation_id: UUID, reserved: float, spent: float) -> None:
        """Replace a reservation by the cost."""
        ...

    async def succeeded(self, model: str) -> None:
        """Record an answer."""
        ...

    async def failed(self, model: str, code: ModelFailureCode, said: str) -> None:
        """Record a failure."""
        ...

    async def state(self, model: str) -> ModelState | None:
        """Return how the newest calls ended; None before the first one."""
        ...

    async def spent_today(self) -> float:
        """Return the dollars spent and reserved since midnight UTC."""
        ...
