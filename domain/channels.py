"""The three ways a customer reaches us, and how a reply has to look on each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Channel(StrEnum):
    WEB_FORM = "web_form"
    EMAIL = "email"
    WHATSAPP = "whatsapp"


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """One row of channel_configs: everything about a channel that staff may tune without a release.

    `max_words` limits a whole reply, `preferred_chars` is what an answer should fit into where
    possible and `max_chars` is the provider's limit for one part; None means no such limit.
    Messages that arrive within `burst_window` of each other are answered as one turn.
    """

    channel: Channel
    tone: str
    greeting: str
    signature: str
    max_words: int | None
    preferred_chars: int | None
    max_chars: int | None
    burst_window: timedelta
    templates: dict[str, str] = field(default_factory=dict)
    """Named provider templates, e.g. {"reopen": "HX…"} for WhatsApp's ContentSid."""
    reply_budget_per_hour: int = 20
    """More automatic replies than this to one sender within an hour is taken for a mail loop."""
