"""Defines what staff mark on conversations and what open consoles are told."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.errors import Malformed

MOST_TAGS = 20
_LONGEST_TAG = 40


class EventKind(StrEnum):
    """What an open console is told of."""

    CHANGED = "conversation.changed"
    DRAFT_READY = "draft.ready"
    HANDOVER = "handover"


@dataclass(frozen=True, slots=True)
class DeskEvent:
    """Something happened in a conversation; `place` orders events by their commits."""

    place: int
    kind: EventKind
    conversation_id: UUID


@dataclass(frozen=True, slots=True)
class DeskEvents:
    """Events after a place, whole transactions only."""

    events: Sequence[DeskEvent]
    are_more: bool
    """Whether others are stored that can't be read yet, because an older transaction still runs."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody has a conversation open, or writes an answer in it."""

    conversation_id: UUID
    name: str
    is_writing: bool


@dataclass(frozen=True, slots=True)
class BlockedSender:
    """An address or number whose messages are stored and get no turn."""

    kind: str
    value: str
    is_proven: bool
    """False: only those who claim the address without proof are blocked, never its owner."""
    blocked_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which row."""

    id: int
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    detail: Mapping[str, object]
    created_at: datetime
    actor_id: UUID | None
    """The actor's account; None for the system, a shell and a key of the settings."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge of two customers that can still be undone."""

    id: UUID
    merged_id: UUID
    name: str
    actor: str
    created_at: datetime


class BulkAct(StrEnum):
    """What can be done to many conversations at once, and undone."""

    ASSIGN = "assign"
    TAG = "tag"
    UNTAG = "untag"
    PRIORITY = "priority"
    SNOOZE = "snooze"
    RESOLVE = "resolve"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class StoredBulkAct:
    """A bulk act as it is stored, with what its undo gives back."""

    id: UUID
    actor: str
    act: BulkAct
    before: Sequence[Mapping[str, object]]
    undone_at: datetime | None


def clean_tags(tags: Collection[str]) -> list[str]:
    """Return the tags in lower case, without blanks around them, each once. Raises Malformed."""
    found: list[str] = []
    for tag in tags:
        clean = " ".join(tag.split()).lower()
        if not clean or len(clean) > _LONGEST_TAG or not clean.isprintable():
            raise Malformed("no tag", {"tags": f"must have 1 to {_LONGEST_TAG} characters each"})
        if clean not in found:
            found.append(clean)
    if len(found) > MOST_TAGS:
        raise Malformed("too many tags", {"tags": f"must be at most {MOST_TAGS}"})
    return found


def mentioned(content: str, people: Collection[str]) -> list[str]:
    """Return who is named with @ in a note; the longest name wins where one begins with another."""
    found = []
    for name in sorted(people, key=len, reverse=True):
        pattern = re.compile(rf"(?<!\w)@{re.escape(name)}(?!\w)", re.IGNORECASE)
        content, count = pattern.subn("", content)
        if count:
            found.append(name)
    return found
