"""Writes a notification for people: one line, the facts, and where to act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from domain.channels import Channel
from domain.notifications import EventType, Notice, Outgoing
from domain.tickets import EscalationReason

ConsoleLink = Callable[[UUID | None], str]
"""Takes a conversation's id; returns its address in the staff console, or that of the alerts."""

_TITLES: Mapping[EventType, str] = {
    EventType.HANDOVER: "{ticket} needs a person: {reason}",
    EventType.WAITING_FOR_PERSON: "{ticket} still waits for a person: {reason}",
    EventType.SLA_WARNING: "{ticket} has to be answered soon",
    EventType.SLA_BREACH: "{ticket} was not answered in time",
    EventType.ALERT: "{detail}",
    EventType.MESSAGE_RECEIVED: "{ticket}: a customer wrote",
    EventType.REPLY_SENT: "{ticket}: a reply went out",
    EventType.CONVERSATION_RESOLVED: "{ticket} is resolved",
}
_FACTS = {
    "ticket_id": "Ticket",
    "channel": "Channel",
    "priority": "Priority",
    "waiting_since": "Waiting since",
    "due_at": "Answer due",
    "owner": "Owner",
    "severity": "Severity",
}


def outgoing(notice: Notice, link: ConsoleLink) -> Outgoing:
    """Return the notification as it is sent; it holds no word of a customer."""
    data = notice.data
    url = link(notice.conversation_id)
    return Outgoing(
        id=notice.id,
        type=notice.type,
        occurred_at=notice.occurred_at,
        data={**data, "notification_id": str(notice.id), "repeat": notice.step, "url": url},
        title=_TITLES[notice.type].format(
            ticket=data.get("ticket_id") or "A conversation",
            reason=_reason(data.get("reason")),
            detail=data.get("detail", ""),
        ),
        url=url,
        facts={label: _plain(name, data[name]) for name, label in _FACTS.items() if data.get(name)},
    )


def _reason(value: object) -> str:
    return EscalationReason(str(value)).record.label if value else "handed over"


def _plain(name: str, value: object) -> str:
    if name == "channel":
        return Channel(str(value)).facts.label
    if name in ("waiting_since", "due_at"):
        return str(value)[:16].replace("T", " ") + " UTC"
    return str(value)
