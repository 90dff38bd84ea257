"""Types the bodies of the company profile's calls."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from domain.channels import Channel
from domain.tickets import EscalationReason
from domain.turns import TurnOutcome


class CompanyProfile(BaseModel):
    """A profile in both its forms; `docs/reference/company.md` describes the keys."""

    version: int
    profile: dict[str, Any]
    yaml: str


class SpecimenView(BaseModel):
    """Texts as customers of a channel would read them; `sender` is the address that they come from, if any."""

    channel: Channel
    language: str
    sender: str
    greeting: str
    answer: str
    hand_over: str


class CheckedCompany(CompanyProfile):
    """A profile that could be saved, with specimens of what customers would read."""

    specimens: list[SpecimenView]


class TextForm(BaseModel):
    """One of the system's own texts: its key, what it may name, and the shipped text by language."""

    key: str
    placeholders: list[str]
    shipped: dict[str, str]


class CompanyForm(BaseModel):
    """What a form for the profile is made of."""

    json_schema: dict[str, Any]
    """Of the document, with the label (title) and the help (description) of every key."""
    texts: list[TextForm]
    """Those that `texts` may override."""
    prompt: str
    """The shipped one, which `instructions` replaces."""
    prompt_placeholders: list[str]


class ReplayAsk(BaseModel):
    """A profile to try on stored turns."""

    profile: dict[str, Any]
    turns: int = Field(default=20, ge=1, le=100)
    skip: int = Field(default=0, ge=0, le=10_000)
    """How many of the newest were tried before."""


class EndView(BaseModel, from_attributes=True):
    """How a turn ended, or would end; `reply` is what the customer reads."""

    outcome: TurnOutcome
    reason: EscalationReason | None
    reply: str
    sources: list[str]
    model: str
    input_tokens: int
    output_tokens: int


class ReplayedTurnView(BaseModel, from_attributes=True):
    """A turn's stored end beside the one that it would have."""

    turn_id: UUID
    conversation_id: UUID
    channel: Channel
    asked: str
    before: EndView
    after: EndView
    is_other_end: bool
    likeness: float
    """Of the replies, 0 to 1."""


class ReplayView(BaseModel):
    """What a profile would have changed. Nothing was sent or stored."""

    model: str
    """Empty: no model is configured, and the grounded answerer reads no prompt."""
    turns: list[ReplayedTurnView]
    left_out: int
    """Turns that the limits of time or tokens left out."""
    failed: int
    usd: float


class SavedCompany(BaseModel):
    """The version that is now in force."""

    version: int


class CompanyVersionView(BaseModel):
    """Who saved a version, and when."""

    version: int
    author: str
    restored_from: int | None
    created_at: datetime


class CompanyVersions(BaseModel):
    """Versions, the newest first."""

    versions: list[CompanyVersionView]


class TopicMatch(BaseModel):
    """A message that a topic would have matched."""

    conversation_id: UUID
    text: str
    score: float
    because: str
    """The word that matched, or the nearest example."""


class TopicTry(BaseModel):
    """What a topic would have matched of the newest messages of customers."""

    read: int
    share: float
    matches: list[TopicMatch]


class CompanyPublic(BaseModel):
    """What the pages show; texts that are not set are empty."""

    name: str
    product: str
    support_name: str
    colour: str
    logo: str
    languages: list[str]
    timezone: str
    hours: dict[str, list[str]]
    holidays: list[date]
    addresses: dict[str, str]
    """Where customers write to, by channel."""
    phone: str
    help_site: str
    privacy_url: str
