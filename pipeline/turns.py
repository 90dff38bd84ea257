"""Makes a turn from stored rows, commits it, and rebuilds a committed one for a replay."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from uuid import UUID, uuid4

from domain import wording
from domain.conversation_state import Act, state_of
from domain.drafts import NewDraft, sources_of
from domain.errors import StaleTurn
from domain.events import HandedOver
from domain.languages import Language
from domain.messages import CUT_AWAY, MAX_CUT_AWAY_CHARS, SUBJECT, Role
from domain.names import usable_name
from domain.payloads import PayloadKind
from domain.records import BeforeTurn, Conversation, FinishedTurn, StoredMessage, Ticket
from domain.sensitive import mask_secrets
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import Category, Priority, new_ticket_number
from domain.turn_text import MAX_HISTORY_CHARS, MAX_TURN_CHARS, prepare
from domain.turns import Draft, HistoryEntry, TicketRef, Turn, TurnMessage, TurnOutcome
from domain.words import flatten
from pipeline.disclosure import due_disclosure, note_disclosure
from pipeline.hand_over import HandOver, hand_over, language_of
from pipeline.moves import move
from pipeline.queueing import send_message
from pipeline.quotes import quoted_last
from pipeline.response_times import expected_wait_of
from pipeline.triage import SentimentThresholds, TriageResult, next_trend, priority_of
from pipeline.unproven import withhold

ALL_ENTRIES = 10_000
_REPLY_MARK = re.compile(r"\A(?:\s{0,3}\w{1,12}\s{0,2}(?:\[\d{1,3}\])?\s{0,2}[:：]){1,5}\s{0,3}")
"""Re:, AW:, RV: and the like, in front of a subject."""
EMPTY: Mapping[UUID, StoredMessage] = MappingProxyType({})
_WITH_FILES = (PayloadKind.TEXT, PayloadKind.FILE)
"""The other kinds have a reply of their own, which says what becomes of them."""


def make_turn(
    turn_id: UUID,
    fence: int,
    conversation: Conversation,
    before: BeforeTurn,
    messages: Iterable[StoredMessage],
    history: Iterable[HistoryEntry],
    language: Language,
    quotes: Mapping[UUID, StoredMessage] = EMPTY,
) -> Turn:
    """Make a turn over `messages` (at least one, oldest first) from the state in `before`.

    `quotes` are the messages that they quote, by their ids.
    """
    asked = tuple(messages)
    history = quoted_last(list(history), (quotes[key] for key in quotes))
    ticket = before.ticket
    return Turn(
        id=turn_id,
        fence=fence,
        customer_id=before.customer.id,
        customer_name=usable_name(conversation.name_of(before.customer)),
        conversation_id=conversation.id,
        assurance=conversation.assurance,
        channel=before.channel,
        company=before.company.company,
        messages=_turn_messages(
            asked,
            quotes,
            subject=_subject(conversation) or "",
            heard=[entry for entry in history if entry.conversation_id == conversation.id],
        ),
        history=tuple(map(_said_before, history)),
        ticket=ticket.ref if ticket is not None and not ticket.is_over else None,
        subject=_subject(conversation),
        trace_id=asked[0].trace_id,
        failed_searches_before=before.failed_searches,
        clarifications_before=before.clarifications,
        language=language,
        stage=state_of(conversation, ticket).stage,
    )


@dataclass(frozen=True, slots=True)
class CommittedTurn:
    """`latency` runs from the first message to the commit; observe `handed_over` after it."""

    ticket: Ticket
    reply: StoredMessage | None
    """None if nothing is sent, or a person has to approve it first."""
    latency: timedelta
    handed_over: HandedOver | None


async def commit_turn(
    uow: UnitOfWork,
    conversation: Conversation,
    turn: Turn,
    draft: Draft,
    triage: TriageResult | None,
    thresholds: SentimentThresholds,
    answered: Collection[UUID],
) -> CommittedTurn:
    """Store the end of a turn: ticket or hand-over, reply, answered messages, metrics. The caller commits.

    A draft that `is_held` is stored for a person to approve, and nothing is sent.
    Of a sender whose address is not proven, the draft is changed to what may be sent there.

    `conversation` is locked by `uow` and unchanged since the turn began. `answered` are the turn's
    messages that waited for it; if there are none, the turn is not counted.
    """
    latency = max(datetime.now(UTC) - turn.messages[0].created_at, timedelta())
    if conversation.is_unproven_mail:
        await withhold(uow, conversation, turn, draft)
    ticket, event = await _end_ticket(uow, conversation, turn, draft, triage, thresholds)
    reply = None
    waited_before = draft.escalation is not None and event is None
    if draft.reply is not None and not draft.is_held:
        disclosure = await due_disclosure(uow, conversation, turn.company, turn.language)
        reply = await send_message(
            uow,
            conversation,
            role=Role.AGENT,
            author=draft.model or None,
            content=render_reply(
                turn,
                draft,
                ticket,
                datetime.now(UTC),
                waited_before=waited_before,
                disclosure=disclosure,
                wait=await expected_wait_of(uow, turn.company) if event is not None else None,
            ),
            turn_id=turn.id,
            trace_id=turn.trace_id,
        )
        await note_disclosure(uow, reply, disclosure)
    sentiments = triage.sentiments if triage is not None else {}
    await uow.turns.finish(
        turn,
        draft=draft,
        answered={message_id: sentiments.get(message_id) for message_id in answered},
        latency=latency if answered else None,
        sentiment=triage.sentiment if triage is not None else None,
        trend=(
            next_trend(conversation.sentiment_trend, triage.sentiment)
            if triage is not None and triage.sentiment is not None and answered
            else None
        ),
    )
    if draft.is_held and draft.reply is not None:
        about = triage.about if triage is not None else None
        await uow.drafts.add(_held(turn, draft, ticket, about, waited_before=waited_before))
    return CommittedTurn(ticket, reply, latency, event)


def _held(
    turn: Turn, draft: Draft, ticket: Ticket, about: str | None, *, waited_before: bool
) -> NewDraft:
    """Make what waits for a person, in the words that the customer would read, without the disclosure of an AI."""
    content = render_reply(turn, draft, ticket, datetime.now(UTC), waited_before=waited_before)
    return NewDraft(
        turn_id=turn.id,
        conversation_id=turn.conversation_id,
        channel=turn.channel.channel,
        topic=about,
        reason=draft.reason,
        author=draft.model or "rules",
        content=content,
        sources=sources_of(draft.sources),
        answers=tuple(message.id for message in turn.messages),
    )


def check_still_current(conversation: Conversation, turn: Turn) -> None:
    """Raise StaleTurn if another turn or a person has taken over the conversation."""
    if conversation.fence != turn.fence or conversation.is_taken:
        raise StaleTurn(
            "another turn or a person took the conversation over", conversation.owner_name
        )


async def _end_ticket(
    uow: UnitOfWork,
    conversation: Conversation,
    turn: Turn,
    draft: Draft,
    triage: TriageResult | None,
    thresholds: SentimentThresholds,
) -> tuple[Ticket, HandedOver | None]:
    """Hand over, or mark the ticket answered and open one if none is unresolved."""
    priority = Priority.LOW
    if triage is not None:
        priority = await priority_of(uow, turn, triage, thresholds)
    if draft.escalation is not None:
        done = await hand_over(
            uow,
            conversation,
            HandOver(
                draft.escalation.reason,
                draft.escalation.summary,
                draft.model,
                priority,
                new_ticket=ticket_of(turn, draft),
                topic=draft.escalation.topic,
            ),
        )
        return done.ticket, done.event
    ticket = await uow.tickets.current(conversation.id)
    if ticket is None:
        ticket = await uow.tickets.open(
            ticket_of(turn, draft),
            customer_id=turn.customer_id,
            conversation_id=conversation.id,
            channel=turn.channel.channel,
        )
    if priority is not Priority.LOW and not ticket.is_over:
        await uow.tickets.raise_priority(ticket.id, priority)
    act = Act.AGENT_DRAFTED if draft.is_held else Act.AGENT_ANSWERED
    moved = await move(uow, conversation, act)
    return moved.ticket or ticket, None


def ticket_of(turn: Turn, draft: Draft) -> TicketRef:
    """Return the turn's ticket, or else the draft's, which the first call makes."""
    if turn.ticket is not None:
        return turn.ticket
    if draft.ticket is None:
        subject = turn.subject or turn.text.strip().split("\n", 1)[0][:80]
        draft.ticket = TicketRef(
            uuid4(), new_ticket_number(), Category.GENERAL, Priority.MEDIUM, subject
        )
        draft.is_new_ticket = True
    return draft.ticket


def render_reply(
    turn: Turn,
    draft: Draft,
    ticket: Ticket,
    at: datetime,
    *,
    waited_before: bool,
    disclosure: str = "",
    wait: timedelta | None = None,
) -> str:
    """Render the reply with the channel's greeting and signature, the disclosure and a note on attachments.

    If the ticket already waited for a person (`waited_before`), the hand-over is not announced as new. A hand-over says
    until when people are there or when they are there again, and how long most people wait (`wait`, in
    opening hours), if that is known; `at` is the time of the reply.
    """
    body = draft.reply or ""
    if turn.is_unproven_mail:
        return wording.render(
            body,
            turn.channel,
            "",
            ticket.number,
            turn.company,
            turn.language,
            is_whole=bool(draft.fixed),
        )
    if draft.escalation is not None and waited_before:
        body = wording.say_with_ticket(
            turn.company, turn.language, "already_with_person", ticket.number
        )
        body = "\n\n".join(part for part in (draft.fixed, draft.answered, body) if part)
    if draft.escalation is not None:
        note = wording.person_note(turn.company, turn.language, at, wait)
        body = f"{body}\n\n{note}" if note else body
    files = sum(
        len(message.attachments) for message in turn.messages if message.kind in _WITH_FILES
    )
    if files:
        body = f"{body}\n\n{wording.attachments_note(turn.company, turn.language, files)}"
    return wording.render(
        body,
        turn.channel,
        turn.customer_name,
        ticket.number,
        turn.company,
        turn.language,
        is_whole=bool(draft.fixed),
        disclosure=disclosure,
    )


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A committed turn as its agent saw it. `reply` is what the customer read, or empty."""

    turn: Turn
    reply: str
    ticket: Ticket | None
    was_waiting_for_person: bool
    disclosure: str = ""
    """What the reply said of itself."""


async def read_turn(open_uow: OpenUnitOfWork, finished: FinishedTurn) -> StoredTurn:
    """Rebuild a turn as it began, from earlier messages and turns; ticket, channel and company are the current ones.

    Read-only; raises NotFound for an erased customer.
    """
    async with open_uow() as uow:
        conversation = await uow.conversations.get(finished.conversation_id)
        customer = await uow.customers.get(conversation.customer_id)
        said = await uow.messages.of_conversation(conversation.id)
        history = await uow.conversations.history(conversation.id, limit=ALL_ENTRIES)
        ticket = await uow.tickets.current(conversation.id)
        channel = await uow.channel_configs.get(conversation.channel)
        profile = await uow.company.current()
        earlier = [
            turn
            for turn in await uow.turns.finished_in(conversation.id)
            if turn.started_at < finished.started_at
        ]
        held = await uow.drafts.of_turn(finished.id)
        is_disclosed = any(
            [
                await uow.disclosures.is_made_by(message.id)
                for message in said
                if message.turn_id == finished.id and message.role is Role.AGENT
            ]
        )
    own = [message for message in said if message.turn_id == finished.id]
    asked = [message for message in own if message.role is Role.CUSTOMER]
    replies = [message for message in own if message.role is Role.AGENT]
    began = asked[0].created_at if asked else finished.started_at
    is_known = ticket is not None and ticket.created_at <= began
    turn = Turn(
        id=finished.id,
        fence=0,
        customer_id=customer.id,
        customer_name=usable_name(conversation.name_of(customer)),
        conversation_id=conversation.id,
        assurance=conversation.assurance,
        channel=channel,
        company=profile.company,
        messages=_turn_messages(
            asked,
            subject=_subject(conversation) or "",
            heard=[
                entry
                for entry in history
                if entry.conversation_id == conversation.id and entry.created_at < began
            ],
        ),
        history=tuple(_said_before(entry) for entry in history if entry.created_at < began),
        ticket=ticket.ref if ticket is not None and is_known else None,
        subject=_subject(conversation),
        failed_searches_before=sum(turn.found_answer is False for turn in earlier),
        clarifications_before=_asked_back_in_a_row(earlier),
        language=language_of(conversation, asked[-1] if asked else None),
    )
    waited = any(turn.outcome is TurnOutcome.ESCALATED for turn in earlier)
    said_itself = wording.say_disclosure(turn.company, turn.language) if is_disclosed else ""
    reply = held.content if held else "\n".join(message.content for message in replies)
    return StoredTurn(turn, reply, ticket, waited, said_itself)


def render_replayed(stored: StoredTurn, draft: Draft) -> str:
    """Render what the customer would read if the stored turn had ended with `draft`."""
    if draft.reply is None or stored.ticket is None:
        return draft.reply or ""
    if draft.ticket is not None:
        # This turn opened the ticket, so the draft names another number than the stored one.
        draft.reply = draft.reply.replace(draft.ticket.number, stored.ticket.number)
    asked_at = stored.turn.messages[-1].created_at if stored.turn.messages else datetime.now(UTC)
    return render_reply(
        stored.turn,
        draft,
        stored.ticket,
        asked_at,
        waited_before=stored.was_waiting_for_person,
        disclosure=stored.disclosure,
    )


def _asked_back_in_a_row(earlier: Sequence[FinishedTurn]) -> int:
    """Return how often the customer was asked back since the last answer or hand-over."""
    count = 0
    for turn in reversed(earlier):
        if turn.outcome in (TurnOutcome.ANSWERED, TurnOutcome.ESCALATED):
            break
        count += turn.outcome is TurnOutcome.ASKED_BACK
    return count


def _turn_messages(
    messages: Iterable[StoredMessage],
    quotes: Mapping[UUID, StoredMessage] = EMPTY,
    *,
    subject: str,
    heard: Sequence[HistoryEntry],
) -> tuple[TurnMessage, ...]:
    """Return what the turn reads of its messages, together at most `MAX_TURN_CHARS` characters.

    Args:
        messages: The unanswered messages, oldest first.
        quotes: Those that they quote, by their ids.
        subject: The conversation's.
        heard: What was said in the conversation before.
    """
    left = MAX_TURN_CHARS
    read: list[TurnMessage] = []
    is_first = not any(entry.role is Role.CUSTOMER for entry in heard)
    for message in messages:
        words = prepare(message.content, left)
        left -= len(words.text)
        read.append(
            TurnMessage(
                message.id,
                mask_secrets(words.text),
                message.created_at,
                message.attachments,
                is_cut=words.is_cut or message.is_cut,
                kind=message.kind,
                quoted=prepare(quotes[message.id].content, MAX_HISTORY_CHARS).text
                if message.id in quotes
                else "",
                subject=subject if is_first and not read else _new_subject(message, subject),
                beside=_unheard(message, heard),
            )
        )
    return tuple(read)


def _new_subject(message: StoredMessage, subject: str) -> str:
    """Return the subject of a mail that differs from its conversation's: an old one is not read every time."""
    own = prepare(message.details.get(SUBJECT, "")).text
    bare = _REPLY_MARK.sub("", own).strip()
    return "" if _REPLY_MARK.sub("", subject).strip().casefold() == bare.casefold() else bare


def _unheard(message: StoredMessage, heard: Sequence[HistoryEntry]) -> str:
    """Return what a mail holds beside its words, without the lines that were said in the conversation."""
    beside = mask_secrets(prepare(message.details.get(CUT_AWAY, ""), MAX_CUT_AWAY_CHARS).text)
    if not beside:
        return ""
    known = " ".join(flatten(entry.content) for entry in heard)
    return "\n".join(line for line in beside.splitlines() if flatten(line) not in known)


def _said_before(entry: HistoryEntry) -> HistoryEntry:
    return replace(entry, content=mask_secrets(prepare(entry.content, MAX_HISTORY_CHARS).text))


def _subject(conversation: Conversation) -> str | None:
    return None if conversation.subject is None else prepare(conversation.subject).text
