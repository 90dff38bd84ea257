"""Sends or discards the agent's drafts at a person's word, and sees to those that wait too long or lost a source."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain import topics
from domain.conversation_state import Act
from domain.drafts import DraftState, StoredDraft, distance
from domain.errors import Conflict, NotFound
from domain.events import ignore
from domain.messages import Role
from domain.ports import Observe
from domain.records import Conversation, StoredMessage
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import EscalationReason
from domain.traces import current_trace_id
from pipeline.hand_over import HandedOverTicket, HandOver, hand_over
from pipeline.moves import move
from pipeline.queueing import queue_message, send_message

_MOST_AT_ONCE = 100
"""In one run of a background job; the next one follows soon."""


async def approve(
    open_uow: OpenUnitOfWork,
    conversation_id: UUID,
    staff: str,
    content: str | None = None,
    draft_id: UUID | None = None,
) -> StoredMessage:
    """Send the draft, or `content` in its place, as the reply of `staff`; nobody owns the conversation by that.

    Sent once: a repeat by the same person with the same words returns the first reply. A draft that only tells of a
    hand-over leaves the conversation waiting for a person.

    Raises:
        NotFound: The conversation has no draft.
        Conflict: It is stale or decided about, or `draft_id` is an older one's.
    """
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        draft = await _newest(uow, conversation_id, draft_id)
        text = draft.content if content is None else content
        if draft.state is DraftState.APPROVED and draft.message_id and draft.decided_by == staff:
            sent = await uow.messages.get(draft.message_id)
            if sent.content == text:
                return sent
        _require_waiting(draft, conversation)
        if draft.reason is None:
            moved = await move(uow, conversation, Act.DRAFT_APPROVED)
            conversation = moved.conversation
            await uow.messages.answered_by_staff(conversation_id)
        message = await send_message(
            uow,
            conversation,
            role=Role.STAFF,
            author=staff,
            content=text,
            turn_id=draft.turn_id,
            trace_id=current_trace_id(),
        )
        changed = distance(draft.content, text)
        await uow.drafts.approved(draft.id, staff, message.id, changed)
        await uow.conversations.see(conversation_id, staff)
        await uow.audit.add(
            staff,
            "approve_draft",
            "conversation",
            str(conversation_id),
            {"draft": str(draft.id), "changed": round(changed, 3)},
        )
        await uow.commit()
    return message


async def discard(
    open_uow: OpenUnitOfWork,
    conversation_id: UUID,
    staff: str,
    reason: str | None = None,
    draft_id: UUID | None = None,
    observe: Observe = ignore,
) -> None:
    """Throw the draft away; the conversation then waits for a person. A repeat by the same person changes nothing.

    `reason` is for whoever answers.

    Raises as `approve`.
    """
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        draft = await _newest(uow, conversation_id, draft_id)
        if draft.state is DraftState.DISCARDED and draft.decided_by == staff:
            return
        _require_waiting(draft, conversation)
        await uow.drafts.discarded(draft.id, staff)
        await uow.audit.add(
            staff, "discard_draft", "conversation", str(conversation_id), {"draft": str(draft.id)}
        )
        why = f"{staff} discarded the draft" + (f": {reason}" if reason else ".")
        done = await _call_person(uow, conversation, draft, why, staff)
        await uow.commit()
    if done.event is not None:
        observe(done.event)


async def draft_again(open_uow: OpenUnitOfWork) -> int:
    """Queue the questions again whose draft rests on an article that was changed or withdrawn; return their number."""
    async with open_uow() as uow:
        conversations = await uow.drafts.without_source(_MOST_AT_ONCE)
    for conversation_id in conversations:
        async with open_uow() as uow:
            await uow.conversations.lock(conversation_id)
            for message in await uow.messages.draft_again(conversation_id):
                await queue_message(uow, topics.INCOMING, message)
            await uow.commit()
    return len(conversations)


async def call_for_overdue(
    open_uow: OpenUnitOfWork, age: timedelta, observe: Observe = ignore
) -> int:
    """Hand over conversations whose draft nobody has decided about for `age`; return their number.

    The draft can still be sent. The customer is not written to.
    """
    called = 0
    async with open_uow() as uow:
        conversations = await uow.drafts.overdue(age, _MOST_AT_ONCE)
    for conversation_id in conversations:
        async with open_uow() as uow:
            conversation = await uow.conversations.lock(conversation_id)
            draft = await uow.drafts.newest(conversation_id)
            if draft is None or conversation.is_taken:
                continue
            why = "A draft has waited for approval for too long."
            done = await _call_person(uow, conversation, draft, why, "draft")
            await uow.commit()
        called += 1
        if done.event is not None:
            observe(done.event)
    return called


async def _newest(uow: UnitOfWork, conversation_id: UUID, draft_id: UUID | None) -> StoredDraft:
    draft = await uow.drafts.newest(conversation_id)
    if draft is None:
        raise NotFound("there is no draft in this conversation")
    if draft_id is not None and draft_id != draft.id:
        raise Conflict("there is a newer draft; look at it first")
    return draft


def _require_waiting(draft: StoredDraft, conversation: Conversation) -> None:
    """Raise Conflict, with who stands in the way, unless the draft may still be sent."""
    if draft.state is DraftState.STALE:
        why = draft.stale_because.explanation if draft.stale_because else "it is out of date"
        raise Conflict(f"the draft is stale: {why}", conversation.owner_name)
    if draft.state is not DraftState.WAITING:
        raise Conflict(f"the draft was {draft.state.value} already", draft.decided_by)


async def _call_person(
    uow: UnitOfWork, conversation: Conversation, draft: StoredDraft, why: str, author: str
) -> HandedOverTicket:
    latest = await uow.messages.last_inbound(conversation.id)
    wish = " ".join(latest.content.split())[:600] if latest is not None else ""
    summary = f"Wants: {wish}\n{why}\nDraft: {' '.join(draft.content.split())[:600]}"
    return await hand_over(
        uow,
        conversation,
        HandOver(EscalationReason.COMPANY_TOPIC, summary, author, note=why, topic=draft.topic),
    )
