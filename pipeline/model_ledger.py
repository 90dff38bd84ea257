"""Keeps the language model's costs within the company's budget, and its state for staff."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

from typing_extensions import override

from domain.errors import ModelFailureCode, StoreUnavailable
from domain.model_calls import ModelLedger
from domain.stores import OpenUnitOfWork

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredLedger(ModelLedger):
    """`ModelLedger` in the database, so that all replicas share it and a restart forgets nothing."""

    open_uow: OpenUnitOfWork

    @override
    async def reserve(
        self,
        conversation_id: UUID,
        usd: float,
        per_day: float | None,
        per_conversation: float | None,
    ) -> bool:
        async with self.open_uow() as uow:
            is_within = await uow.model_calls.reserve(
                conversation_id, usd, per_day, per_conversation
            )
            if is_within:
                await uow.commit()
        return is_within

    @override
    async def settle(self, conversation_id: UUID, reserved: float, spent: float) -> None:
        async with self.open_uow() as uow:
            await uow.model_calls.settle(conversation_id, reserved, spent)
            await uow.commit()

    @override
    async def succeeded(self, model: str) -> None:
        async with self.open_uow() as uow:
            await uow.model_calls.succeeded(model)
            await uow.commit()

    @override
    async def failed(self, model: str, code: ModelFailureCode, said: str) -> None:
        log.warning("the model %s failed (%s): %s", model, code, said)
        try:
            async with self.open_uow() as uow:
                await uow.model_calls.failed(model, code, said)
                await uow.commit()
        except StoreUnavailable:
            # The turn ends with its own error; the next failure is recorded.
            log.warning("the model's failure could not be recorded")
