"""Checks the promises, a function each: it returns what breaks its promise in a history."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from domain.channels import Channel
from tests.chaos.history import History, Reply, Sent

_HAND_OVER = re.compile(
    r"passed (?:your (?:message|conversation|question)|the conversation|it)\s+on to a\s+colleague"
    r"|conversation waits for a colleague",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"TKT-[0-9A-HJKMNP-TV-Z]{8,}")


@dataclass(frozen=True, slots=True)
class Violation:
    promise: str
    """lost, doubled, reordered or unkept."""
    what: str
    address: str

    def __str__(self) -> str:
        return f"{self.promise.upper()}: {self.what}"


def check(history: History) -> list[Violation]:
    """Every broken promise of a history that has come to rest."""
    return [
        *find_lost(history),
        *find_doubled(history),
        *find_reordered(history),
        *find_unkept_words(history),
    ]


def find_lost(history: History) -> Iterator[Violation]:
    """Accepted and not stored, stored and not answered, answered and not sent."""
    stored = {message.token: message for message in history.stored}
    by_turn = {answer.turn_id: answer for answer in history.replies if answer.turn_id is not None}
    sent = {copy.id for copy in history.sent}
    addresses = {message.token: message.address for message in history.accepted}
    for accepted in history.accepted:
        row = stored.get(accepted.token)
        if row is None:
            yield Violation("lost", f"{accepted.token} was never stored", accepted.address)
        elif row.state in ("waiting", "ignored"):
            yield Violation("lost", f"{accepted.token} is {row.state} for ever", accepted.address)
        elif row.state == "dead":
            told = [
                answer
                for answer in history.replies
                if answer.conversation_id == row.conversation_id and answer.position > row.position
            ]
            if not told:
                yield Violation("lost", f"{accepted.token} died unsaid", accepted.address)
        elif row.state == "answered" and row.outcome != "silent" and row.turn_id not in by_turn:
            yield Violation("lost", f"{accepted.token} has no reply", accepted.address)
    for reply in history.replies:
        if reply.state != "settled":
            yield Violation("lost", f"reply {reply.id} is {reply.state} for ever", reply.address)
        elif reply.channel is not Channel.WEB_FORM and not reply.is_flagged:
            if not reply.sent_ids:
                yield Violation("lost", f"reply {reply.id} was sent nowhere", reply.address)
            for part, sent_id in reply.sent_ids:
                if sent_id not in sent:
                    what = f"part {part} of reply {reply.id} is not at the provider as {sent_id}"
                    yield Violation("lost", what, reply.address)
    for token in set(stored) - set(addresses):
        row = stored[token]
        if row.state == "waiting":
            yield Violation("lost", f"{token} is waiting for ever", "")


def find_doubled(history: History) -> Iterator[Violation]:
    """One message in, one row, one reply of its turn, one copy at the provider."""
    addresses = {message.token: message.address for message in history.accepted}
    for token, count in Counter(stored.token for stored in history.stored).items():
        if count > 1:
            yield Violation("doubled", f"{token} has {count} rows", addresses.get(token, ""))
    turns: dict[UUID, list[Reply]] = defaultdict(list)
    parts: dict[tuple[UUID, int], set[str]] = defaultdict(set)
    recorded: set[str] = set()
    for reply in history.replies:
        if reply.turn_id is not None:
            turns[reply.turn_id].append(reply)
        for part, sent_id in reply.sent_ids:
            parts[reply.id, part].add(sent_id)
            recorded.add(sent_id)
    for turn_id, replies in turns.items():
        if len(replies) > 1:
            what = f"turn {turn_id} has {len(replies)} replies"
            yield Violation("doubled", what, replies[0].address)
    owner = {answer.id: answer.address for answer in history.replies}
    for (reply_id, part), ids in parts.items():
        if len(ids) > 1:
            what = f"part {part} of reply {reply_id} went out as {sorted(ids)}"
            yield Violation("doubled", what, owner[reply_id])
    unrecorded: dict[str, list[Sent]] = defaultdict(list)
    for sent in history.sent:
        if sent.id not in recorded:
            unrecorded[sent.address].append(sent)
    for address, extra in unrecorded.items():
        # A send that stayed unsure was told to a person, and may have gone out once.
        unsure = [
            answer
            for answer in history.replies
            if answer.address == address and answer.is_flagged and not answer.sent_ids
        ]
        if len(extra) > len(unsure):
            what = f"the provider holds {len(extra)} more than we know of: {extra[-1].id}"
            yield Violation("doubled", what, address)


def find_reordered(history: History) -> Iterator[Violation]:
    """A customer's messages stored as accepted, answered as stored, sent as answered."""
    rows = {stored.token: stored for stored in history.stored}
    latest: dict[str, int] = {}
    for accepted in sorted(history.accepted, key=lambda message: message.order):
        row = rows.get(accepted.token)
        if row is None:
            continue
        if row.position < latest.get(accepted.address, 0):
            what = f"{accepted.token} is stored before an earlier message"
            yield Violation("reordered", what, accepted.address)
        latest[accepted.address] = max(row.position, latest.get(accepted.address, 0))
    reply_of = {answer.turn_id: answer for answer in history.replies if answer.turn_id is not None}
    answered: dict[UUID, int] = {}
    addresses = {message.token: message.address for message in history.accepted}
    for row in sorted(history.stored, key=lambda row: row.position):
        reply = reply_of.get(row.turn_id) if row.turn_id is not None else None
        if reply is None:
            continue
        if reply.position < answered.get(row.conversation_id, 0):
            what = f"{row.token} was answered before an earlier message"
            yield Violation("reordered", what, addresses.get(row.token, ""))
        answered[row.conversation_id] = max(reply.position, answered.get(row.conversation_id, 0))
    places = {
        sent_id: (answer.position, part)
        for answer in history.replies
        for part, sent_id in answer.sent_ids
    }
    # Later replies wait for an unsure one until a person has it, and not any longer.
    handed_over = {
        sent_id for answer in history.replies if answer.is_flagged for _, sent_id in answer.sent_ids
    }
    newest: dict[str, tuple[int, int]] = {}
    for sent in history.sent:
        place = places.get(sent.id)
        if place is None or sent.id in handed_over:
            continue
        if place < newest.get(sent.address, (0, 0)):
            yield Violation("reordered", f"{sent.id} went out after a later reply", sent.address)
        newest[sent.address] = max(place, newest.get(sent.address, (0, 0)))


def find_unkept_words(history: History) -> Iterator[Violation]:
    """Every ticket and every hand-over that a customer was told of is in the database, and theirs."""
    tickets = {record.number: record for record in history.tickets}
    customers = {reply.address: reply.customer_id for reply in history.replies}
    told = [(sent.address, sent.text) for sent in history.sent]
    told += [
        (reply.address, reply.text)
        for reply in history.replies
        if reply.channel is Channel.WEB_FORM
    ]
    for address, text in told:
        numbers = _NUMBER.findall(text)
        for number in numbers:
            ticket = tickets.get(number)
            if ticket is None or ticket.customer_id != customers.get(address):
                yield Violation("unkept", f"{number} is no ticket of {address}", address)
        if _HAND_OVER.search(text):
            own = [
                record
                for record in history.tickets
                if record.customer_id == customers.get(address)
                and record.escalation_reason is not None
            ]
            if not any(record.number in numbers or not numbers for record in own):
                what = f"{address} was told of a hand-over that nobody made"
                yield Violation("unkept", what, address)
