"""Stores forms that arrive at the same time in one transaction, before their tickets are returned.

Under load a commit and its round trips cost more than its rows, so forms share them; see
docs/decisions/0008-forms-share-a-commit.md.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import topics
from domain.channels import Channel
from domain.events import MessageReceived, ignore
from domain.identifiers import Identifier
from domain.messages import InboundMessage
from domain.ports import Observe
from domain.records import NewForm
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.traces import TraceContext
from pipeline.queueing import queue_messages
from pipeline.receive import ticket_of_form
from pipeline.sensitive import without_secrets
from pipeline.telling import tell_of_forms

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A form and the span in which it arrived."""

    inbound: InboundMessage
    trace: TraceContext


@dataclass(frozen=True, slots=True)
class Filed:
    """A durable form and its ticket."""

    ticket_number: str
    created_at: datetime


async def receive_forms(
    open_uow: OpenUnitOfWork, arrivals: Sequence[Arrival], observe: Observe = ignore
) -> list[Filed | None]:
    """Store the forms with their customers and queue them for the agent, all or none.

    Returns:
        One entry for each form; None if `receive` has to store it alone: a repeat, a sender's second
        form, or a form whose customer is locked.

    Raises:
        StoreUnavailable: Nothing was stored.
        Conflict: A ticket number is taken or a repeat was stored first; nothing was stored.
    """
    filed: list[Filed | None] = [None] * len(arrivals)
    async with open_uow() as uow:
        owners = await _owners(uow, arrivals)
        if not owners:
            return filed
        forms = []
        for place, owner in owners.items():
            inbound = await without_secrets(uow, arrivals[place].inbound)
            trace_id = arrivals[place].trace.trace_id
            forms.append(NewForm(inbound, owner, ticket_of_form(inbound), trace_id))
        messages = await uow.forms.add(forms)
        traces = [arrivals[place].trace for place in owners]
        await tell_of_forms(uow, messages)
        await queue_messages(uow, topics.INCOMING, list(zip(messages, traces, strict=True)))
        await uow.commit()
    log.info(
        "accepted messages %s on web_form as waiting", [str(message.id) for message in messages]
    )
    for place, form, message in zip(owners, forms, messages, strict=True):
        filed[place] = Filed(form.ticket.number, message.created_at)
        observe(MessageReceived(Channel.WEB_FORM, message.state))
    return filed


async def _owners(uow: UnitOfWork, arrivals: Sequence[Arrival]) -> dict[int, UUID]:
    """Lock and return the customers of the forms that are stored together, by the forms' places."""
    known = await uow.forms.known([arrival.inbound.provider_message_id for arrival in arrivals])
    first: dict[Identifier, int] = {}
    for place, arrival in enumerate(arrivals):
        if arrival.inbound.provider_message_id not in known:
            first.setdefault(arrival.inbound.sender, place)
    for sender in await uow.marks.blocked_among(first):
        del first[sender]  # `receive` stores it without a turn.
    senders = [(sender, arrivals[place].inbound.sender_name) for sender, place in first.items()]
    resolved = await uow.customers.resolve_free(senders)
    owners = {
        place: owner
        for place, owner in zip(first.values(), resolved, strict=True)
        if owner is not None
    }
    keyless = [
        (place, owner, repeats)
        for place, owner in owners.items()
        if (repeats := arrivals[place].inbound.repeats) is not None
    ]
    repeated = await uow.forms.repeated([(owner, repeats) for _, owner, repeats in keyless])
    for at in repeated:
        del owners[keyless[at][0]]
    return owners
