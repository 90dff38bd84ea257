"""Defines the bodies of what staff do in a conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from deployments.api.bodies import Done, MessageText, NoteText
from domain.channels import Channel
from domain.desk import BulkAct
from domain.tickets import Priority

TagText = Annotated[str, StringConstraints(max_length=100)]


class ReplyText(BaseModel):
    """The text of an answer."""

    content: MessageText


class StaffReply(BaseModel):
    """A staff member's answer: their own words, a macro's, or their words made from a macro."""

    content: MessageText | None = None
    """Left out, the macro is sent as it is filled for this conversation."""
    macro: UUID | None = None

    @model_validator(mode="after")
    def _says_something(self) -> StaffReply:
        if self.content is None and self.macro is None:
            raise ValueError("content or macro is required")
        return self


class TakeOver(BaseModel):
    """Why a person takes it; only staff see the note."""

    note: NoteText | None = None


class Assignment(BaseModel):
    """Who gets the conversation, by the name of `GET /staff/people`, and why."""

    to: NoteText
    note: NoteText | None = None


class NewNote(BaseModel):
    """A note for the others. Whoever it names as `@name` has the conversation in their view `mentioned`."""

    content: MessageText


class Noted(Done):
    """Whom the note mentions."""

    mentions: list[str]


class People(BaseModel):
    """Names of the staff, whom a conversation can be assigned to."""

    people: list[str]


class ResolutionNote(BaseModel):
    """What helped."""

    note: MessageText


class Taken(Done):
    """The conversation now belongs to `owner_name`."""

    owner_name: str


class Tags(BaseModel):
    """All tags of a conversation, or all in use."""

    tags: list[TagText] = Field(max_length=500)


class Snooze(BaseModel):
    """Until when it waits for nobody; null wakes it."""

    until: AwareDatetime | None


class NewPriority(BaseModel):
    """The ticket's priority."""

    priority: Priority


class Blocked(Done):
    """Whom messages are no longer answered."""

    kind: str
    value: str
    is_proven: bool
    """False: only those who claim the address without proof are blocked, never its owner."""


class BlockedSenderView(BaseModel):
    """A sender whose messages are stored and get no turn."""

    kind: str
    value: str
    is_proven: bool
    blocked_by: str
    created_at: datetime


class BlockedSenders(BaseModel):
    """Blocked senders, the newest first."""

    blocked: list[BlockedSenderView]


class NewConversation(BaseModel):
    """A conversation that staff begin."""

    channel: Channel
    to: NoteText
    """A mail address, or a phone number with its country code."""
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    subject: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    content: MessageText


class Begun(Done):
    """The new conversation."""

    conversation_id: UUID


class PresenceHere(BaseModel):
    """The caller has the conversation open; consoles forget it after half a minute."""

    is_writing: bool


class BulkRequest(BaseModel):
    """One act on many conversations, with what that act needs."""

    ids: list[UUID] = Field(min_length=1, max_length=100)
    act: BulkAct
    to: NoteText | None = None
    """Of `assign`."""
    tag: TagText | None = None
    """Of `tag` and `untag`."""
    priority: Priority | None = None
    until: AwareDatetime | None = None
    """Of `snooze`."""
    note: MessageText | None = None
    """Of `resolve`."""


class Refusal(BaseModel):
    """A conversation that was left as it is."""

    id: UUID
    why: str


class BulkDone(BaseModel):
    """What was done, and what was not. `undo_id` is null where there is nothing to undo."""

    undo_id: UUID | None
    done: list[UUID]
    refused: list[Refusal]
