"""Defines the company profile: who speaks, in which words and by which rules.

The document's keys are these fields. A check that fails raises ValueError with a text for the person who
wrote the profile; company/document.py says at which field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from itertools import pairwise
from string import Formatter
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from annotated_types import Ge, Le, MaxLen, MinLen

from domain.catalogue import PLACEHOLDERS_BY_CHANNEL, placeholders
from domain.channels import Channel
from domain.tickets import EscalationReason, Priority


@dataclass(frozen=True, slots=True)
class Format:
    """Says in the document's JSON Schema what a text is, so that a form can offer it."""

    name: Literal["channel", "colour", "country", "lines", "language", "span", "text-key", "topic"]

    def __get_pydantic_json_schema__(
        self, schema: Any, describe: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        """For company/document.py, which makes the schema."""
        return {**describe(schema), "format": self.name}


LanguageCode = Annotated[str, Format("language")]
"""ISO 639-1, lower case."""
ChannelName = Annotated[str, Format("channel")]
Span = Annotated[str, Format("span")]
"""Hours of a day, such as 09:00-17:00."""
Texts = Mapping[LanguageCode, Annotated[str, MinLen(1), MaxLen(4_000)]]
"""One text in several languages."""
Line = Annotated[str, MaxLen(300)]
Lines = Annotated[str, MaxLen(300), Format("lines")]
Names = tuple[Annotated[str, MinLen(1), MaxLen(300)], ...]

PROMPT_PLACEHOLDERS = frozenset({"product", "company", "tone", "channel_rules"})

_LANGUAGE = re.compile(r"[a-z]{2}\Z")
_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
_HOST_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_PERIOD = re.compile(r"([0-9]{1,6})([smhd])\Z")
_LONGEST_PERIOD = timedelta(days=36_500)
"""A hundred years: so long before today there still was a calendar."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOGO_CHARS = 200_000
SECRET_PREFIX = "NOTIFY_"  # noqa: S105 - no secret
"""Begins the name of a variable or file that holds a secret of the notifications."""
_LONGEST_CLOSED_DAYS = 60
"""How far back an end of opening hours is looked for."""
_STRICT = {"extra": "forbid"}
"""For whoever reads the document with pydantic: an unknown key is an error."""


def period(text: str) -> timedelta:
    """Read a period such as 90s, 15m, 24h or 730d. Raises ValueError."""
    match = _PERIOD.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no period: write a number and s, m, h or d, such as 24h")
    span = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if span > _LONGEST_PERIOD:
        raise ValueError(f"{text!r} is longer than {_LONGEST_PERIOD.days} days")
    return span


class WrongField(ValueError):
    """A value that can't be; `field` is where it stands below the part that is checked, such as texts.en.ticket."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


@contextmanager
def _at(field: str) -> Iterator[None]:
    """Name the field of whatever is wrong within the block."""
    try:
        yield
    except WrongField as error:
        raise WrongField(f"{field}.{error.field}", str(error)) from None
    except ValueError as error:
        raise WrongField(field, str(error)) from None


def _check_languages(languages: Collection[str]) -> None:
    wrong = [language for language in languages if not _LANGUAGE.match(language)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no language code; write two letters, such as en")


def _check_placeholders(text: str, allowed: Collection[str]) -> None:
    try:
        used = {
            name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            for _, name, form, conversion in Formatter().parse(text)
            if name is not None
        }
    except ValueError as error:
        raise ValueError(
            f"a brace is open or unexpected ({error}); write {{{{ for a brace"
        ) from None
    unknown = sorted(used - set(allowed))
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in sorted(allowed))
        raise ValueError(f"{{{unknown[0]}}} is unknown here; known are {known}")


def _check_texts(texts: Mapping[str, Mapping[str, str]]) -> None:
    known = placeholders() if texts else {}
    for language, own in texts.items():
        for key, text in own.items():
            with _at(f"{language}.{key}"):
                _check_text(key, text, known)


def _check_text(key: str, text: str, known: Mapping[str, Collection[str]]) -> None:
    if key not in known:
        near = get_close_matches(key, known, n=3) or sorted(known)
        raise ValueError(f"this key is unknown; there are {', '.join(near)}")
    if not text.strip() and key.partition(".")[0] not in PLACEHOLDERS_BY_CHANNEL:
        raise ValueError("this text is never left out; write one, or remove the key")
    _check_placeholders(text, known[key])


def _check_url(url: str) -> None:
    if url and not url.startswith(("https://", "http://")):
        raise ValueError("an address begins with https://")


def _clock_times(span: str) -> tuple[time, time]:
    try:
        opens, closes = (time.fromisoformat(part.strip()) for part in span.split("-"))
    except ValueError:
        raise ValueError(f"{span!r} is no span of hours; write 09:00-17:00") from None
    if opens >= closes:
        raise ValueError(f"{span!r} ends before it begins; a night is two spans")
    return opens, closes


def _check_own(field: str, texts: str | Mapping[str, str]) -> None:
    """Check the placeholders of one text for all languages, or of one a language."""
    allowed = PLACEHOLDERS_BY_CHANNEL[field]
    if isinstance(texts, str):
        with _at(field):
            _check_placeholders(texts, allowed)
        return
    for language, text in texts.items():
        with _at(f"{field}.{language}"):
            _check_placeholders(text, allowed)


def _check_channels(names: Collection[str]) -> None:
    known = [channel.value for channel in Channel]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no channel; known are {', '.join(known)}")


def _check_hosts(hosts: Collection[str]) -> None:
    for host in hosts:
        if not all(_HOST_LABEL.match(label) for label in host.lower().split(".")):
            raise ValueError(f"{host!r} is no host name; write help.example.com")


def _check_ids(ids: Sequence[str], what: str = "id") -> None:
    twice = sorted({given for given in ids if ids.count(given) > 1})
    if twice:
        raise ValueError(f"the {what} {twice[0]!r} stands twice")


def _check_use(topics: Sequence[Topic], modes: Collection[str]) -> None:
    for place, topic in enumerate(topics):
        if not topic.is_decided and topic.id not in modes:
            why = "a topic needs a reply, a person who gets it, or a mode in answering.by_topic"
            raise WrongField(f"{place}.reply", why)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelForm:
    """How messages of one channel look; empty or None keeps the shipped form."""

    __pydantic_config__ = _STRICT

    greeting: Line | Texts = ""
    """One text for all languages, or one a language; `{name}` is the customer's."""
    signature: Lines | Texts = ""
    """One text for all languages, or one a language; `{support_name}` and `{ticket}` are filled in."""
    max_words: Annotated[int, Ge(20)] | None = None
    """The longest answer."""
    templates: Mapping[Literal["answer", "reopen"], Line] = field(default_factory=dict)
    """The provider's templates, by what they are for."""

    def __post_init__(self) -> None:
        _check_own("greeting", self.greeting)
        _check_own("signature", self.signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A subject with a fixed reply of the company's own."""

    __pydantic_config__ = _STRICT

    id: str
    """For `answering` and the reports; small letters, digits, - and _."""
    label: Annotated[str, MinLen(1), MaxLen(200)]
    """What staff read."""
    words: Names = ()
    """Words or phrases by which it is recognised."""
    examples: Names = ()
    """Whole messages; what means the same is recognised too."""
    reply: Texts = field(default_factory=dict)
    """Sent whole and at once, or as a draft where `answering` says so."""
    priority: Priority = Priority.HIGH
    """Of the ticket."""
    person: bool = True
    """Whether a person gets the conversation as well. Without person and reply the agent answers as usual, by the
    topic's mode."""

    def __post_init__(self) -> None:
        if not _ID.match(self.id):
            raise WrongField("id", "an id has small letters, digits, - and _, at most 40")
        if not self.words and not self.examples:
            raise WrongField("words", "a topic needs words or examples to be recognised by")
        with _at("reply"):
            _check_languages(self.reply)

    @property
    def is_decided(self) -> bool:
        """Whether it ends a turn by itself. Any other one only names what the agent answers."""
        return bool(self.reply) or self.person


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Opening hours by day of the week, in the company's time zone."""

    __pydantic_config__ = _STRICT

    timezone: str = "UTC"
    """As in the IANA database, such as Europe/Berlin."""
    week: Mapping[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], tuple[Span, ...]] = (
        field(default_factory=dict)
    )
    """Empty: always open."""
    holidays: tuple[date, ...] = ()
    """Days on which the company is closed."""

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            why = f"{self.timezone!r} is no time zone; write one such as Europe/Berlin"
            raise WrongField("timezone", why) from None
        for day, spans in self.week.items():
            with _at(f"week.{day}"):
                times = [_clock_times(span) for span in spans]
                if any(later[0] < earlier[1] for earlier, later in pairwise(times)):
                    raise ValueError("spans of a day come one after the other")

    def spans(self, weekday: int) -> list[tuple[time, time]]:
        """Return when the company is open on a day of the week, Monday being 0."""
        return [_clock_times(span) for span in self.week.get(_DAYS[weekday], ())]  # type: ignore[call-overload]

    def last_end(self, now: datetime) -> datetime | None:
        """Return when the company last closed for the day; None while it is open or always open."""
        if not any(self.week.values()):
            return None
        local = now.astimezone(ZoneInfo(self.timezone))
        for days_ago in range(_LONGEST_CLOSED_DAYS):
            day = local.date() - timedelta(days=days_ago)
            spans = [] if day in self.holidays else self.spans(day.weekday())
            if not spans:
                continue
            opens, closes = (
                datetime.combine(day, at, local.tzinfo) for at in (spans[0][0], spans[-1][1])
            )
            if local >= closes:
                return closes
            if local >= opens:
                return None
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """How soon a person answers, by priority or `default`."""

    __pydantic_config__ = _STRICT

    first_response: Mapping[Literal["low", "medium", "high", "urgent", "default"], str] = field(
        default_factory=dict
    )
    """Until a person's first answer."""
    next_response: Mapping[Literal["low", "medium", "high", "urgent", "default"], str] = field(
        default_factory=dict
    )
    """Until each later one."""
    clock: Literal["business", "always"] = "business"
    """Whether the time outside opening hours counts."""

    def __post_init__(self) -> None:
        for name in ("first_response", "next_response"):
            for priority, text in getattr(self, name).items():
                with _at(f"{name}.{priority}"):
                    period(text)


Mode = Literal["auto", "draft", "off"]
"""Whether the agent answers, drafts for a person, or leaves it to people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweringRules:
    """Whether the agent answers, drafts for a person, or leaves a conversation to people."""

    __pydantic_config__ = _STRICT

    default: Mode = "auto"
    """What applies where nothing below does: `auto`, `draft` (a person approves each reply) or `off`."""
    by_channel: Mapping[ChannelName, Mode] = field(default_factory=dict)
    """By web_form, email or whatsapp."""
    by_topic: Mapping[Annotated[str, Format("topic")], Mode] = field(default_factory=dict)
    """By the topic's id; goes before the channel."""

    def __post_init__(self) -> None:
        with _at("by_channel"):
            _check_channels(self.by_channel)

    def mode(self, channel: Channel, topic: str | None = None) -> Mode:
        """Return what applies to a question on a channel about a topic, given by its id."""
        of_topic = self.by_topic.get(topic) if topic is not None else None
        return of_topic or self.by_channel.get(channel.value) or self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """Whether the first automatic words of a conversation say that an AI writes."""

    __pydantic_config__ = _STRICT

    enabled: bool = True
    """The law may require it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationTarget:
    """Where a notification goes."""

    __pydantic_config__ = _STRICT

    kind: Literal["webhook", "slack", "mail"]
    """How it is sent."""
    url: Annotated[str, MaxLen(2_000)] = field(default="", repr=False)
    """For a webhook or Slack. Slack's may be left out where `secret` names it."""
    address: Line = ""
    """For mail."""
    secret: Line = field(default="", repr=False)
    """Signs webhooks, as whsec_… or any text; several, separated by commas, rotate it. Or the name, beginning with
    NOTIFY_, of the variable or file in SECRETS_DIR that holds it, of Slack the whole url."""

    def __post_init__(self) -> None:
        with _at("url"):
            _check_url(self.url)
        if self.kind == "mail" and "@" not in self.address:
            raise WrongField("address", "a notification by mail needs an address")
        is_named = self.kind == "slack" and self.secret.startswith(SECRET_PREFIX)
        if self.kind != "mail" and not self.url and not is_named:
            raise WrongField("url", f"a notification by {self.kind} needs a url")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRoute:
    """Who is told of what."""

    __pydantic_config__ = _STRICT

    name: Line = ""
    """For the log, the metrics and `GET /notifications`. Empty: made of kind and host."""
    on: tuple[
        Literal[
            "handover",
            "waiting_for_person",
            "sla.warning",
            "sla.breach",
            "alert",
            "message.received",
            "reply.sent",
            "conversation.resolved",
        ],
        ...,
    ]
    """What is told. The first five are repeated until somebody acts."""
    reasons: tuple[EscalationReason, ...] = ()
    """Of what has a reason. Empty: all."""
    channels: tuple[ChannelName, ...] = ()
    """Of what is about a channel. Empty: all."""
    priority: Priority = Priority.LOW
    """The least one. A critical alert is urgent, another one medium."""
    quiet: str = ""
    """A span such as 22:00-07:00 in the time zone of `hours`: what falls into it is sent at its end."""
    then: tuple[NotificationTarget, ...] = ()
    """Told one after the other while nobody acts."""
    to: NotificationTarget
    """Told first."""
    repeat_after: str = "15m"
    """How long nobody may act until the next one is told; the last one is told again and again. 0s: once only."""

    @property
    def targets(self) -> tuple[NotificationTarget, ...]:
        """Return who is told, in this order."""
        return (self.to, *self.then)

    def __post_init__(self) -> None:
        with _at("repeat_after"):
            period(self.repeat_after)
        with _at("channels"):
            _check_channels(self.channels)
        with _at("quiet"):
            self.quiet_hours  # noqa: B018 - checks the span

    @property
    def quiet_hours(self) -> tuple[time, time] | None:
        """Return when the quiet hours begin and end, perhaps over midnight."""
        if not self.quiet:
            return None
        try:
            begins, ends = (time.fromisoformat(part.strip()) for part in self.quiet.split("-"))
        except ValueError:
            raise ValueError(f"{self.quiet!r} is no span; write 22:00-07:00") from None
        return begins, ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What the model may cost; None means no limit."""

    __pydantic_config__ = _STRICT

    usd_per_day: Annotated[float, Ge(0), Le(1_000_000)] | None = None
    """For all conversations together."""
    usd_per_conversation: Annotated[float, Ge(0), Le(1_000_000)] | None = None
    """For each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept; empty means until they are erased."""

    __pydantic_config__ = _STRICT

    messages: str = ""
    """Conversations, such as 730d."""
    raw_mail: str = ""
    """Mails as they came, such as 90d."""
    media: str = ""
    """Attachments, such as 365d."""

    def __post_init__(self) -> None:
        for name in ("messages", "raw_mail", "media"):
            if text := getattr(self, name):
                with _at(name):
                    period(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """How the pages look."""

    __pydantic_config__ = _STRICT

    colour: Annotated[str, Format("colour")] = ""
    """Of buttons and links, such as #0a6b5b."""
    logo: Annotated[str, MaxLen(_LOGO_CHARS)] = ""
    """An address, or the picture itself as a data: URI."""

    def __post_init__(self) -> None:
        if self.colour and not _COLOUR.match(self.colour):
            raise WrongField("colour", "a colour is written as #0a6b5b")
        if self.logo and not self.logo.startswith(("https://", "http://", "/", "data:image/")):
            raise WrongField("logo", "a logo is an address or a data:image/ URI")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Whether what an article states is answered although the subject is a hard limit."""

    __pydantic_config__ = _STRICT

    pricing: Literal["always", "articles"] = "always"
    """`always`: a question about prices goes to a person. `articles`: what an article states is answered."""
    legal: Literal["always", "articles"] = "always"
    """The same for legal matters."""
    reason: Annotated[str, MaxLen(1_000)] = ""
    """Why a limit is looser than the shipped one; for the audit log."""

    def __post_init__(self) -> None:
        if "articles" in (self.pricing, self.legal) and not self.reason.strip():
            raise WrongField("reason", "a limit that is looser than `always` needs a reason")


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How the company is reached in other ways."""

    __pydantic_config__ = _STRICT

    phone: Line = ""
    """With country code."""
    callback: bool = False
    """Whether customers may ask to be called."""
    address: Annotated[str, MaxLen(1_000)] = ""
    """By post."""
    privacy_url: Line = ""
    """Of the privacy notice; the pages link it."""
    help_site: Line = ""
    """Of the help centre; the pages link it."""

    def __post_init__(self) -> None:
        for name in ("privacy_url", "help_site"):
            with _at(name):
                _check_url(getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRules:
    """What is done with mail."""

    __pydantic_config__ = _STRICT

    answer_within: str = "24h"
    """Older mail goes to a person."""
    reply_all: bool = False
    """Whether those in copy get the answer too."""
    relays: Names = ()
    """Form services whose Reply-To is believed, beside the shipped ones."""
    unproven: Literal["fixed", "person"] = "fixed"
    """What a sender gets whose address is not proven: one fixed text a day, or a person's answer."""

    def __post_init__(self) -> None:
        with _at("answer_within"):
            period(self.answer_within)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRules:
    """What the web form asks of whoever writes."""

    __pydantic_config__ = _STRICT

    challenge: Literal["never", "busy", "always"] = "never"
    """Whether a form needs a proof of work, which the page makes by itself in about a second: `busy` only while more
    forms come than `busy_above`."""
    busy_above: Annotated[int, Ge(1), Le(1_000_000)] = 60
    """Forms of everybody a minute, in each ingress replica, that need none."""
    challenge_bits: Annotated[int, Ge(8), Le(24)] = 17
    """The work: each bit more doubles it. 17 take a laptop some 0.4 s and a slow phone two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The whole profile. Languages are the company's, the first one its default."""

    __pydantic_config__ = _STRICT

    name: Annotated[str, MinLen(1), MaxLen(200)]
    """The company's name, as customers know it."""
    product: Line = ""
    """Empty: the name."""
    languages: Annotated[tuple[LanguageCode, ...], MinLen(1)] = ("en",)
    """Of its customers, two letters each; the first one is the default."""
    support_name: Line = ""
    """Signs replies. Empty: the name and "Support"."""
    tone: Annotated[str, MaxLen(4_000)] = ""
    """How the model writes, in prose."""
    instructions: Annotated[str, MaxLen(40_000)] = ""
    """Replaces the shipped prompt where set."""
    channels: Mapping[ChannelName, ChannelForm] = field(default_factory=dict)
    """By web_form, email or whatsapp."""
    texts: Mapping[
        LanguageCode, Mapping[Annotated[str, Format("text-key")], Annotated[str, MaxLen(4_000)]]
    ] = field(default_factory=dict)
    """Overrides of what the system says itself, by language and key (domain/texts/en.ftl has the keys)."""
    allowed_hosts: Names = ()
    """Links in replies may lead here and to subdomains."""
    topics: tuple[Topic, ...] = ()
    hours: Hours = field(default_factory=Hours)
    sla: Sla = field(default_factory=Sla)
    answering: AnsweringRules = field(default_factory=AnsweringRules)
    disclosure: Disclosure = field(default_factory=Disclosure)
    notifications: tuple[NotificationRoute, ...] = ()
    budget: Budget = field(default_factory=Budget)
    retention: Retention = field(default_factory=Retention)
    brand: Brand = field(default_factory=Brand)
    country: Annotated[str, Format("country")] = ""
    """ISO 3166-1; for emergency and phone numbers."""
    emergency: Texts = field(default_factory=dict)
    """What somebody in danger is told. Empty: the general text of the country."""
    limits: Limits = field(default_factory=Limits)
    contact: Contact = field(default_factory=Contact)
    mail: MailRules = field(default_factory=MailRules)
    form: FormRules = field(default_factory=FormRules)
    foreign_articles: Literal["quote", "person"] = "quote"
    """What a question gets whose article is in another language, without a model."""
    mask_secrets: bool = True
    """Whether passwords and card numbers in messages are masked."""
    reopen_within: str = "7d"
    """How long after the end a message continues its conversation."""

    def __post_init__(self) -> None:
        for name in ("languages", "texts", "emergency"):
            with _at(name):
                _check_languages(getattr(self, name))
        with _at("texts"):
            _check_texts(self.texts)
        with _at("channels"):
            _check_channels(self.channels)
        with _at("instructions"):
            _check_placeholders(self.instructions, PROMPT_PLACEHOLDERS)
        with _at("allowed_hosts"):
            _check_hosts(self.allowed_hosts)
        with _at("topics"):
            _check_ids([topic.id for topic in self.topics])
            _check_use(self.topics, self.answering.by_topic)
        with _at("notifications"):
            _check_ids([route.name for route in self.notifications if route.name], "name")
        if self.country and not _COUNTRY.match(self.country):
            raise WrongField("country", "two capital letters, such as GB")
        with _at("reopen_within"):
            period(self.reopen_within)

    @property
    def product_name(self) -> str:
        """What the company supports."""
        return self.product or self.name

    def in_language(self, texts: Texts, language: str) -> str:
        """Return the text in `language`, else in the company's first language, else any."""
        wanted = (language, self.languages[0])
        return next((texts[name] for name in wanted if name in texts), next(iter(texts.values())))

    def own_text(self, language: str, key: str) -> str | None:
        """Return the profile's override of one of our own texts in a language; None where it has none."""
        kind, _, channel = key.partition(".")
        form = self.channels.get(channel)
        if form is not None and kind in ("greeting", "signature"):
            given = form.greeting if kind == "greeting" else form.signature
            own = given if isinstance(given, str) else given.get(language)
            if own:
                return own
        return self.texts.get(language, {}).get(key)

    @property
    def signed(self) -> str:
        """The name that signs replies."""
        return self.support_name or f"{self.name} Support"


NO_COMPANY = Company(name="Customer support", support_name="Customer support")
"""Speaks until somebody has set a profile: no name of anybody's."""


@dataclass(frozen=True, slots=True)
class CompanyVersion:
    """Who saved a version of the profile, and when."""

    version: int
    author: str
    restored_from: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredCompany:
    """A profile with its version; 0 is `NO_COMPANY`."""

    version: int
    company: Company
