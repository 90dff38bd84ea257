"""Defines the bodies of what staff do in a conversation."""

from __future__ import annotations

from pydantic import BaseModel

from deployments.api.bodies import Done, MessageText, NoteText


class StaffReply(BaseModel):
    """A staff member's answer."""

    content: MessageText


class TakeOver(BaseModel):
    """Why a person takes it; only staff see the note."""

    note: NoteText | None = None


class Assignment(BaseModel):
    """Who gets the conversation, by the name of `GET /staff/people`, and why."""

    to: NoteText
    note: NoteText | None = None


class NewNote(BaseModel):
    """A note for the others."""

    content: MessageText


class People(BaseModel):
    """Names of the staff, whom a conversation can be assigned to."""

    people: list[str]


class ResolutionNote(BaseModel):
    """What helped."""

    note: MessageText


class Taken(Done):
    """The conversation now belongs to `owner_name`."""

    owner_name: str
