"""Serves one conversation to staff, with its customer, history and hand-over."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from deployments.api.bodies import ShownAssurance, shown_assurance, sla_view
from deployments.api.context import Context, Viewer
from deployments.api.conversation_schemas import (
    AlsoClaimed,
    AttachmentView,
    Continued,
    ConversationView,
    CustomerView,
    DeliveryView,
    Failing,
    HandOver,
    HistoryLine,
    IdentifierView,
    MergeView,
    NoteView,
    QuotedMessage,
    SentimentPoint,
    SourceView,
    StaffConversation,
    StaffMessage,
    StaffTicket,
)
from deployments.api.draft_schemas import view_draft
from deployments.api.errors import DESK_ERRORS
from deployments.api.ticket_schemas import escalation_of
from domain.conversation_state import state_of
from domain.errors import NotFound
from domain.identifiers import Assurance
from domain.messages import MessageState, Role
from domain.payloads import MEDIA_URL, QUOTED, SHOWN_TO_STAFF
from domain.records import (
    FAILED_FOR_GOOD,
    Conversation,
    Delivery,
    FailingAddress,
    StoredMessage,
    Ticket,
    worst_of,
)
from domain.stores import UnitOfWork
from pipeline.begin import window_end
from pipeline.marks import sender_of
from pipeline.sentiment_labels import label_of
from pipeline.triage import SentimentThresholds

router = APIRouter(prefix="/staff", tags=["staff"], responses=DESK_ERRORS)

_HISTORY = 200
_MOST_CLAIMED = 20


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
        merges = await uow.customers.merges(customer.id)
        is_blocked = await _is_blocked(uow, conversation)
        window_ends_at = await window_end(uow, customer.id, conversation.channel)
        clock = await uow.answer_clocks.get(conversation_id)
        draft = await uow.drafts.newest(conversation_id)
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
            tags=list(conversation.tags),
            assignee=conversation.owner_name,
            snoozed_until=conversation.snoozed_until,
            is_spam=conversation.is_spam,
            is_blocked=is_blocked,
            whatsapp_window_ends_at=window_ends_at,
            sla=sla_view(clock),
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
            merges=[
                MergeView(id=merge.id, name=merge.name, by=merge.actor, created_at=merge.created_at)
                for merge in merges
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
        draft=view_draft(draft) if draft is not None else None,
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


async def _is_blocked(uow: UnitOfWork, conversation: Conversation) -> bool:
    try:
        sender = await sender_of(uow, conversation)
    except NotFound:
        return False
    return bool(await uow.marks.blocked_among([sender]))


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
