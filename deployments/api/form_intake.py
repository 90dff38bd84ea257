"""Where forms wait for each other: those that come while some are being stored are stored together next."""

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
"""While one group waits for PostgreSQL, the next one is read and the last one answered."""
_REST = timedelta(milliseconds=10)
"""Where several came at once more will; who comes alone waits for nobody."""


class FormIntake:
    """Of one application: a lone form is stored at once, a crowd in as few transactions as it takes."""

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
        """Returns once the form is durable. Raises StoreUnavailable, Overloaded while too many wait."""
        arrival = Arrival(inbound, current_trace() or TraceContext.new())
        try:
            [filed] = await self._together.submit([arrival])
        except (StoreUnavailable, Overloaded):
            raise
        except Conflict:
            filed = None
        except Exception as error:  # noqa: BLE001 - decided about below, form by form
            # One form of the group is to blame: alone, each shows whether it is that one.
            log.warning("forms that came together are stored one by one: %s", describe(error))
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
    intake: FormIntake = request.app.state.forms
    return intake


Forms = Annotated[FormIntake, Depends(form_intake)]
