"""Stores forms in batches: those that arrive while a batch is being stored form the next one."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from deployments.batching import Batcher
from domain.errors import Conflict, NotFound, Overloaded, StoreUnavailable
from domain.messages import InboundMessage
from domain.ports import Observe
from domain.stores import OpenUnitOfWork
from domain.traces import TraceContext, current_trace
from pipeline.failed_items import describe
from pipeline.receive import receive
from pipeline.receive_forms import Arrival, Filed, receive_forms

log = logging.getLogger(__name__)

_MOST_TOGETHER = 64
_MOST_WAITING = 1024
_AT_ONCE = 3
"""While one batch waits for PostgreSQL, the next is parsed and the previous one answered."""
_REST = timedelta(milliseconds=10)
"""Pause after a batch of several, because more are likely. A lone form never waits."""


class FormIntake:
    """Stores a lone form at once and concurrent forms in few transactions; one per application."""

    def __init__(self, open_uow: OpenUnitOfWork, observe: Observe) -> None:
        self._open_uow = open_uow
        self._observe = observe
        self._together: Batcher[Arrival, Filed | None] = Batcher(
            self._receive,
            max_items=_MOST_TOGETHER,
            max_waiting=_MOST_WAITING,
            rest=_REST,
            at_once=_AT_ONCE,
        )

    async def take(self, inbound: InboundMessage) -> Filed:
        """Store the form, alone or in a batch; return once it is durable.

        Raises:
            StoreUnavailable: PostgreSQL is away.
            Overloaded: Too many forms wait.
        """
        arrival = Arrival(inbound, current_trace() or TraceContext.new())
        try:
            [filed] = await self._together.submit([arrival])
        except (StoreUnavailable, Overloaded):
            raise
        except Conflict:
            filed = None
        except Exception as error:  # noqa: BLE001 - each form is retried alone, which finds the bad one
            log.warning("a batch of forms failed, so each is stored alone: %s", describe(error))
            filed = None
        return filed or await self._receive_alone(inbound)

    async def _receive(self, arrivals: list[Arrival]) -> list[Filed | None]:
        return await receive_forms(self._open_uow, arrivals, self._observe)

    async def _receive_alone(self, inbound: InboundMessage) -> Filed:
        accepted = await receive(self._open_uow, inbound, observe=self._observe)
        if accepted.ticket is None:
            raise NotFound("the form's ticket is gone")
        return Filed(accepted.ticket.number, accepted.created_at)


async def form_intake(request: Request) -> FormIntake:
    """Return the application's intake."""
    intake: FormIntake = request.app.state.forms
    return intake


Forms = Annotated[FormIntake, Depends(form_intake)]
