"""Names the channels on which customers write, and says what the use cases have to know about each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from domain.errors import ConfigurationError
from domain.identifiers import IdentifierKind


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What is true of a channel whoever runs it; what staff may tune is ChannelConfig."""

    name: str
    """As in the database and the API."""
    label: str
    """Its heading in digest and console."""
    in_a_sentence: str
    """After "on", for staff: "the web form"."""
    to_the_model: str
    """After "This is", for the model: "a WhatsApp message"."""
    reply_kinds: tuple[IdentifierKind, ...]
    """Identifiers to which a reply can be addressed, the preferred one first."""
    opens_ticket_at_once: bool = False
    """Each message opens a conversation and a ticket, whose number is promised before any answer."""
    renews_consent: bool = False
    """The provider lets only START through after STOP, so any later message is a new consent."""
    keeps_replies: bool = False
    """Replies stay on pages of ours that only the sender opens, whatever address was typed."""
    writes_freely_for: timedelta | None = None
    """For so long after a customer's message a reply may be written freely; later, and first, it takes a template."""
    watched_by: str | None = None
    """The provider whose notifications of new messages end unless they are renewed."""
    passing_codes: frozenset[str] = frozenset()
    """The provider's codes of a failure that a later attempt does not have, such as a limit of rate."""
    our_codes: frozenset[str] = frozenset()
    """Those of a fault in our own account, sender or settings: kept for a replay once it is mended."""
    failure_words: Mapping[str, str] = field(default_factory=dict)
    """The provider's words by code, where its reports carry none."""


_KNOWN: dict[str, Channel] = {}


class _Registered(type):
    """Lets the registered channels be iterated, and named in capitals, as an enumeration's members."""

    def __iter__(cls) -> Iterator[Channel]:
        return iter(tuple(_KNOWN.values()))

    def __getattr__(cls, name: str) -> Channel:
        if name.isupper() and name.lower() in _KNOWN:
            return _KNOWN[name.lower()]
        raise AttributeError(f"no channel {name!r} is registered; channels.registry registers them")


class Channel(str, metaclass=_Registered):
    """The name of a registered channel; each name has one instance."""

    facts: ChannelFacts

    def __new__(cls, name: str) -> Channel:
        """Find a channel by its name. Raises ValueError for a name that is not registered."""
        if name not in _KNOWN:
            raise ValueError(f"must be one of {', '.join(_KNOWN)}")
        return _KNOWN[name]

    @classmethod
    def register(cls, facts: ChannelFacts) -> Channel:
        """Make a name known. Raises ConfigurationError where it is taken."""
        if facts.name in _KNOWN:
            raise ConfigurationError(f"The channel {facts.name} is registered twice.")
        channel = super().__new__(cls, facts.name)
        channel.facts = facts
        _KNOWN[facts.name] = channel
        return channel

    @classmethod
    def unregister(cls, channel: Channel) -> None:
        """Forget a name."""
        del _KNOWN[channel]

    @property
    def value(self) -> str:
        """The bare name."""
        return str(self)

    def __reduce__(self) -> tuple[type[Channel], tuple[str]]:
        return Channel, (str(self),)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, handler: Any) -> dict[str, object]:
        """Pydantic's protocol for types of one's own; reads the registry at each validation."""
        return {
            "type": "function-after",
            "function": {"type": "no-info", "function": cls},
            "schema": handler(str),
            "ref": "domain.channels.Channel:0",
        }

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: object, _handler: object) -> dict[str, object]:
        return {"type": "string", "enum": [str(channel) for channel in cls], "title": "Channel"}


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """One row of channel_configs: everything about a channel that staff may tune without a release.

    `max_words` limits a whole reply, `preferred_chars` is what an answer should fit into where
    possible and `max_chars` is the provider's limit for one part; None means no such limit.
    Messages that arrive within `burst_window` of each other are answered as one turn.
    """

    channel: Channel
    tone: str
    max_words: int | None
    preferred_chars: int | None
    max_chars: int | None
    burst_window: timedelta
    templates: dict[str, str] = field(default_factory=dict)
    """Named provider templates, e.g. {"reopen": "HX…"} for WhatsApp's ContentSid."""
    reply_budget_per_hour: int = 20
    """More automatic replies than this to one sender within an hour is taken for a mail loop."""
