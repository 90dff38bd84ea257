"""Serves the staff console: the queue, conversations, replies, customers' identifiers and dead letters."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query

from deployments.api.context import Agent, Context, Viewer
from deployments.api.errors import STAFF_ERRORS, ConflictBody, ErrorBody, FieldErrorBody
from deployments.api.schemas import (
    AlsoClaimed,
    Assignment,
    AttachmentView,
    Continued,
    ConversationView,
    CustomerView,
    DeadLetters,
    DeadLetterView,
    DeliveryView,
    DiscardReason,
    Done,
    Failing,
    HandOver,
    HistoryLine,
    IdentifierView,
    Linked,
    LinkedIdentifier,
    NewNote,
    NoteView,
    People,
    Queue,
    QueueCounts,
    QueueLine,
    QuotedMessage,
    ResolutionNote,
    SentimentPoint,
    ShownAssurance,
    SourceView,
    StaffConversation,
    StaffMessage,
    StaffReply,
    StaffTicket,
    Taken,
    TakeOver,
    escalation_of,
    shown_assurance,
)
from domain.channels import Channel
from domain.conversation_state import State, state_of
from domain.errors import Malformed
from domain.identifiers import Assurance, identify_email, identify_phone
from domain.messages import MessageState, Role
from domain.payloads import MEDIA_URL, QUOTED, SHOWN_TO_STAFF
from domain.records import (
    FAILED_FOR_GOOD,
    DeadLetter,
    DeadLetterState,
    Delivery,
    FailingAddress,
    Owner,
    QueueCursor,
    QueueSort,
    QueueView,
    StoredMessage,
    Ticket,
    worst_of,
)
from domain.stores import UnitOfWork
from domain.tickets import EscalationReason, TicketStatus
from pipeline import dead_letter, staff
from pipeline.sentiment_labels import label_of
from pipeline.triage import SentimentThresholds

router = APIRouter(
    prefix="/staff",
    tags=["staff"],
    responses={
        400: {"model": FieldErrorBody},
        **STAFF_ERRORS,
        404: {"model": ErrorBody},
        409: {"model": ConflictBody},
    },
)
_HISTORY = 200
_MOST_CLAIMED = 20


@router.get("/conversations", response_model=Queue)
async def read_queue(
    context: Context,
    caller: Viewer,
    view: QueueView = QueueView.ALL,
    sort: QueueSort = QueueSort.URGENT,
    q: Annotated[str, Query(max_length=200)] = "",
    owner: Owner | None = None,
    status: TicketStatus | None = None,
    channel: Channel | None = None,
    reason: EscalationReason | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> Queue:
    """List conversations: in the order `urgent` those whose turn is a person's first, the most urgent on top.

    `waiting` are those whose turn is a person's, `mine` those that the caller owns, `unassigned` those that
    wait for anybody. `next_cursor` leads to the next page; every conversation can be reached. `q` finds a
    ticket's number, an address, a phone, a name or words of subject and messages.
    """
    async with context.open_uow() as uow:
        entries = await uow.conversations.queue(
            viewer=caller.name,
            view=view,
            sort=sort,
            words=q.strip(),
            owner=owner,
            status=status,
            channel=channel,
            reason=reason,
            after=_cursor_of(cursor),
            limit=limit + 1,
        )
        counts = await uow.conversations.counts(caller.name)
    limits = context.agent_config().sentiment
    page, more = entries[:limit], entries[limit:]
    return Queue(
        viewer=caller.name,
        counts=QueueCounts.model_validate(counts, from_attributes=True),
        next_cursor=_cursor(page[-1].place) if more else None,
        conversations=[
            QueueLine(
                id=entry.id,
                ticket_id=entry.ticket_number,
                customer_name=entry.customer_name,
                assurance=shown_assurance(entry.assurance),
                channel=entry.channel,
                status=entry.status,
                owner=entry.owner,
                owner_name=entry.owner_name,
                reason=entry.reason,
                priority=entry.priority,
                subject=entry.subject,
                last_message_at=entry.last_message_at,
                oldest_unanswered_at=entry.oldest_unanswered_at,
                sentiment=entry.sentiment,
                sentiment_label=label_of(entry.sentiment, limits),
                state=State(entry.stage, entry.owner_name).shown,
                next_move=State(entry.stage, entry.owner_name).next_move,
                turn_since=entry.turn_since,
                unread=entry.unread,
            )
            for entry in page
        ],
    )


def _cursor(place: QueueCursor) -> str:
    text = json.dumps([place.rank, place.key, str(place.id)])
    return base64.urlsafe_b64encode(text.encode()).decode("ascii")


def _cursor_of(text: str | None) -> QueueCursor | None:
    if text is None:
        return None
    try:
        rank, key, conversation_id = json.loads(base64.urlsafe_b64decode(text))
        return QueueCursor(int(rank), str(Decimal(key)), UUID(conversation_id))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise Malformed("not a cursor of ours", {"cursor": "is not one that we gave"}) from error


@router.get("/conversations/{conversation_id}", response_model=StaffConversation)
async def read_conversation(
    conversation_id: UUID, context: Context, _caller: Viewer
) -> StaffConversation:
    """Return a conversation, its customer's history over all channels, and the hand-over."""
    limits = context.agent_config().sentiment
    async with context.open_uow() as uow:
        conversation = await uow.conversations.get(conversation_id)
        customer = await uow.customers.get(conversation.customer_id)
        identifiers = await uow.customers.identifiers(customer.id)
        failing = await uow.customers.failing(customer.id)
        ticket = await uow.tickets.current(conversation_id)
        messages = await uow.messages.of_conversation(conversation_id)
        history = await uow.conversations.history(conversation_id, limit=_HISTORY, for_staff=True)
        handover = await _hand_over(uow, conversation_id, ticket, messages)
        notes = await uow.conversations.notes(conversation_id)
        continues = await _continued(uow, conversation.continues_id)
        views = [
            await _message(uow, message, conversation.assurance, limits) for message in messages
        ]
        claimed = (
            await uow.conversations.also_claimed(customer.id, _MOST_CLAIMED)
            if conversation.assurance.is_proven
            else []
        )
    state = state_of(conversation, ticket)
    return StaffConversation(
        conversation=ConversationView(
            id=conversation.id,
            channel=conversation.channel,
            status=conversation.status,
            owner=conversation.owner,
            owner_name=conversation.owner_name,
            subject=conversation.subject,
            assurance=shown_assurance(conversation.assurance),
            state=state.shown,
            next_move=state.next_move,
            turn_since=conversation.turn_since,
            continues=continues,
        ),
        ticket=_ticket(ticket, messages) if ticket else None,
        customer=CustomerView(
            id=customer.id,
            name=conversation.name_of(customer),
            identifiers=[
                IdentifierView(
                    kind=identifier.kind.value,
                    value=identifier.value,
                    assurance=identifier.assurance.value,
                    failing=_failing(failing.get(identifier.value)),
                )
                for identifier in identifiers
            ],
        ),
        messages=views,
        history=[
            HistoryLine(
                conversation_id=message.conversation_id,
                role=message.role.value,
                content=message.content,
                channel=message.channel,
                created_at=message.created_at,
                assurance=_assurance(message.role, message.assurance),
            )
            for message in history
        ],
        handover=handover,
        notes=[NoteView.model_validate(note, from_attributes=True) for note in notes],
        also_claimed=[
            AlsoClaimed(
                conversation_id=conversation.id,
                ticket_id=conversation.ticket_number,
                channel=conversation.channel,
                sender_name=conversation.sender_name,
                subject=conversation.subject,
                last_message_at=conversation.last_message_at,
            )
            for conversation in claimed
        ],
    )


@router.post("/conversations/{conversation_id}/take", response_model=Taken)
async def take(
    conversation_id: UUID, context: Context, caller: Agent, body: TakeOver | None = None
) -> Taken:
    """Take the conversation; from then on the agent is silent. 409 names its present owner."""
    note = body.note if body is not None else None
    await staff.take(context.open_uow, conversation_id, caller.name, note)
    return Taken(owner_name=caller.name)


@router.post("/conversations/{conversation_id}/assign", response_model=Taken)
async def assign(conversation_id: UUID, body: Assignment, context: Context, caller: Agent) -> Taken:
    """Give the conversation to a colleague, whoever owns it now."""
    if body.to not in await context.keys.names():
        raise Malformed("no such colleague", {"to": "is not the name of anybody of staff"})
    await staff.assign(context.open_uow, conversation_id, caller.name, body.to, body.note)
    return Taken(owner_name=body.to)


@router.post("/conversations/{conversation_id}/reopen", response_model=Taken)
async def reopen(conversation_id: UUID, context: Context, caller: Agent) -> Taken:
    """Open a resolved conversation again; the caller owns it. 409 unless it is resolved."""
    await staff.reopen(context.open_uow, conversation_id, caller.name)
    return Taken(owner_name=caller.name)


@router.post("/conversations/{conversation_id}/notes", status_code=201, response_model=Done)
async def add_note(conversation_id: UUID, body: NewNote, context: Context, caller: Agent) -> Done:
    """Write a note that only staff see."""
    await staff.add_note(context.open_uow, conversation_id, caller.name, body.content)
    return Done()


@router.post("/conversations/{conversation_id}/seen", response_model=Done)
async def see(conversation_id: UUID, context: Context, caller: Agent) -> Done:
    """Mark it as read by its owner, or by anybody while nobody owns it; for others nothing changes."""
    await staff.see(context.open_uow, conversation_id, caller.name)
    return Done()


@router.get("/people", response_model=People)
async def read_people(context: Context, _caller: Viewer) -> People:
    """List the staff by name."""
    return People(people=await context.keys.names())


@router.post("/conversations/{conversation_id}/release", response_model=Done)
async def release(conversation_id: UUID, context: Context, caller: Agent) -> Done:
    """Give the conversation back to the agent."""
    await staff.release(context.open_uow, conversation_id, caller.name)
    return Done()


@router.post("/conversations/{conversation_id}/reply", status_code=201, response_model=Done)
async def reply(
    conversation_id: UUID,
    body: StaffReply,
    context: Context,
    caller: Agent,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Done:
    """Answer on the customer's channel; take the conversation first.

    A repeat with the same `Idempotency-Key` and the same content is not sent again.
    """
    await staff.reply(context.open_uow, conversation_id, caller.name, body.content, idempotency_key)
    return Done()


@router.post("/conversations/{conversation_id}/resolve", response_model=Done)
async def resolve(
    conversation_id: UUID, body: ResolutionNote, context: Context, caller: Agent
) -> Done:
    """Resolve the ticket and close the conversation, with a note on what helped."""
    await staff.resolve(context.open_uow, conversation_id, caller.name, body.note)
    return Done()


@router.post("/conversations/{conversation_id}/messages/{message_id}/retry", response_model=Done)
async def retry_delivery(
    conversation_id: UUID, message_id: UUID, context: Context, caller: Agent
) -> Done:
    """Send a reply's undelivered parts again. 409 while it is being delivered or once it has arrived."""
    await staff.retry_delivery(context.open_uow, conversation_id, message_id, caller.name)
    return Done()


@router.get("/dead-letters", response_model=DeadLetters)
async def read_dead_letters(
    context: Context,
    _caller: Viewer,
    state: DeadLetterState | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> DeadLetters:
    """List records that could not be processed, the oldest first, with their raw values."""
    async with context.open_uow() as uow:
        letters = await uow.dead_letters.list(state, limit)
    return DeadLetters(dead_letters=[_dead_letter_view(letter) for letter in letters])


@router.get("/dead-letters/{dead_letter_id}", response_model=DeadLetterView)
async def read_dead_letter(
    dead_letter_id: UUID, context: Context, _caller: Viewer
) -> DeadLetterView:
    """Return one record that could not be processed."""
    async with context.open_uow() as uow:
        return _dead_letter_view(await uow.dead_letters.get(dead_letter_id))


@router.post("/dead-letters/{dead_letter_id}/replay", response_model=Done)
async def replay(dead_letter_id: UUID, context: Context, caller: Agent) -> Done:
    """Queue the dead letter's message again. A second replay changes nothing."""
    await dead_letter.replay(context.open_uow, dead_letter_id, caller.name)
    return Done()


@router.post("/dead-letters/{dead_letter_id}/discard", response_model=Done)
async def discard(
    dead_letter_id: UUID, body: DiscardReason, context: Context, caller: Agent
) -> Done:
    """Close the dead letter without another try, for a stated reason."""
    await dead_letter.discard(context.open_uow, dead_letter_id, caller.name, body.reason)
    return Done()


@router.post("/customers/{customer_id}/identifiers", status_code=201, response_model=Linked)
async def link_identifier(
    customer_id: UUID, body: LinkedIdentifier, context: Context, caller: Agent
) -> Linked:
    """Add an e-mail address or phone that staff verified; if another customer has it, merge the two."""
    identify = identify_email if body.kind == "email" else identify_phone
    try:
        identifier = identify(body.value, Assurance.VERIFIED)
    except Malformed as error:
        raise Malformed(str(error), {"value": " ".join(error.fields.values())}) from error
    async with context.open_uow() as uow:
        kept = await uow.customers.link(customer_id, identifier, caller.name)
        await uow.commit()
    return Linked(customer_id=kept)


@router.post("/merges/{merge_id}/undo", response_model=Done)
async def undo_merge(merge_id: UUID, context: Context, caller: Agent) -> Done:
    """Undo a merge of two customers: every row that it moved goes back."""
    async with context.open_uow() as uow:
        await uow.customers.undo_merge(merge_id, caller.name)
        await uow.commit()
    return Done()


async def _continued(uow: UnitOfWork, conversation_id: UUID | None) -> Continued | None:
    if conversation_id is None:
        return None
    ticket = await uow.tickets.current(conversation_id)
    return Continued(conversation_id=conversation_id, ticket_id=ticket.number if ticket else None)


def _ticket(ticket: Ticket, messages: list[StoredMessage]) -> StaffTicket:
    latest = next(
        (message for message in reversed(messages) if message.role is Role.CUSTOMER), None
    )
    return StaffTicket(
        ticket_id=ticket.number,
        status=ticket.status,
        category=ticket.category,
        priority=ticket.priority,
        subject=ticket.subject,
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
        escalation=escalation_of(ticket.escalation_reason, ticket.escalation_topic)
        if ticket.escalation_reason
        else None,
        trace_id=latest.trace_id if latest else None,
    )


def _failing(address: FailingAddress | None) -> Failing | None:
    return None if address is None else Failing(since=address.since, code=address.code)


def _assurance(role: Role, assurance: Assurance) -> ShownAssurance | None:
    """A conversation holds messages of one assurance only; ours have none."""
    return shown_assurance(assurance) if role is Role.CUSTOMER else None


async def _message(
    uow: UnitOfWork, message: StoredMessage, assurance: Assurance, limits: SentimentThresholds
) -> StaffMessage:
    worst = None
    if message.role is not Role.CUSTOMER:
        worst = worst_of(await uow.deliveries.of_message(message.id))
    return StaffMessage(
        id=message.id,
        role=message.role.value,
        content=message.content,
        channel=message.channel,
        created_at=message.created_at,
        assurance=_assurance(message.role, assurance),
        sentiment=message.sentiment,
        sentiment_label=label_of(message.sentiment, limits),
        delivery_state=worst.state if worst else None,
        delivery=_delivery(message, worst),
        trace_id=message.trace_id,
        kind=message.kind,
        attachments=[
            AttachmentView(
                filename=attachment.filename,
                content_type=attachment.content_type,
                size=attachment.size,
                url=message.details.get(f"{MEDIA_URL}{place}"),
            )
            for place, attachment in enumerate(message.attachments)
        ],
        quoted=await _quoted(uow, message),
        payload={name: value for name, value in message.details.items() if name in SHOWN_TO_STAFF},
    )


async def _quoted(uow: UnitOfWork, message: StoredMessage) -> QuotedMessage | None:
    if QUOTED not in message.details:
        return None
    quoted = await uow.messages.quoted(message)
    if quoted is None:
        return QuotedMessage(message_id=None, role=None, content="")
    return QuotedMessage(message_id=quoted.id, role=quoted.role.value, content=quoted.content)


def _delivery(message: StoredMessage, worst: Delivery | None) -> DeliveryView | None:
    if worst is None or worst.state not in FAILED_FOR_GOOD:
        return None
    return DeliveryView(
        is_tried_again=message.state is MessageState.UNDELIVERED,
        code=worst.error_code,
        words=worst.error_text,
    )


async def _hand_over(
    uow: UnitOfWork, conversation_id: UUID, ticket: Ticket | None, messages: list[StoredMessage]
) -> HandOver:
    tried = [dict(turn) for turn in await uow.turns.tried(conversation_id)]
    sources: dict[str, SourceView] = {}
    for turn in tried:
        found = turn.get("sources")
        for source in found if isinstance(found, list) else []:
            view = SourceView.model_validate(source)
            sources.setdefault(f"{view.article_id}:{view.version}", view)
    return HandOver(
        summary=ticket.escalation_summary if ticket else None,
        reason=ticket.escalation_reason if ticket else None,
        topic=ticket.escalation_topic if ticket else None,
        sentiment_curve=[
            SentimentPoint(at=message.created_at, sentiment=message.sentiment)
            for message in messages
            if message.sentiment is not None
        ],
        tried=tried,
        sources=list(sources.values()),
    )


def _dead_letter_view(letter: DeadLetter) -> DeadLetterView:
    return DeadLetterView(
        id=letter.id,
        topic=letter.topic,
        cause=letter.cause,
        attempts=letter.attempts,
        payload=letter.value.decode("utf-8", "backslashreplace"),
        created_at=letter.created_at,
        state=letter.state,
    )
