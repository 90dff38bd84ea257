"""Validates the support form, with messages that its page shows beside each field."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from domain.channels import Channel
from domain.errors import Malformed
from domain.identifiers import Assurance, identify_email, normalise_email
from domain.messages import InboundMessage
from domain.names import has_letter
from domain.tickets import Category, Priority
from domain.turn_text import MAX_TURN_CHARS

_LONGEST_EMAIL = 254
"""A mail server's path has 256 octets with its brackets (RFC 5321, section 4.5.3.1.3)."""
_LONGEST_MESSAGE = MAX_TURN_CHARS
"""As much as a turn reads, so that no form is cut."""


_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Reverse the order of what follows, so that a name or a file reads as another."""
_HIDDEN = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
"""Invisible, and removed. The joiners U+200C and U+200D stay: names in several scripts need them."""


def _check_text(value: object) -> object:
    if not isinstance(value, str):
        raise PydanticCustomError("text", "must be text")
    if any(unicodedata.category(character) == "Cs" for character in value):
        raise PydanticCustomError("control", "must not contain control characters")
    return value


def _refuse_controls(value: str, allowed: str) -> str:
    for character in value:
        if character not in allowed and unicodedata.category(character) == "Cc":
            raise PydanticCustomError("control", "must not contain control characters")
    return value


def _one_line(value: str) -> str:
    if _BIDI.search(value):
        raise PydanticCustomError("control", "must not contain hidden characters")
    return " ".join(_HIDDEN.sub("", _refuse_controls(value, "\t")).split())


def _many_lines(value: str) -> str:
    return _refuse_controls(value, "\n\r\t").strip()


@dataclass(frozen=True, slots=True)
class _Length:
    """Checks the length without outer white space, so that blanks never satisfy it."""

    low: int
    high: int

    def __call__(self, value: str) -> str:
        if not value:
            raise PydanticCustomError("blank", "must not be empty")
        if len(value) < self.low:
            raise PydanticCustomError(
                "short", "must have at least {low} characters", {"low": self.low}
            )
        if len(value) > self.high:
            raise PydanticCustomError(
                "long", "must have at most {high} characters", {"high": self.high}
            )
        return value


def _name(value: str) -> str:
    """Require a letter; one is enough: 李."""
    if not has_letter(value):
        raise PydanticCustomError("name", "must have a letter in it")
    return value


def _email(value: str) -> str:
    """Check an address more strictly than a mail's sender: in a form a wrong dot is a typing error."""
    try:
        normalise_email(value)
    except Malformed as error:
        raise PydanticCustomError("email", "is not a valid e-mail address") from error
    address = value.strip()
    local = address.rpartition("@")[0]
    if ".." in local or local.endswith(".") or len(address) > _LONGEST_EMAIL:
        raise PydanticCustomError("email", "is not a valid e-mail address")
    return address


@dataclass(frozen=True, slots=True)
class _OneOf:
    choices: tuple[str, ...]

    def __call__(self, value: object) -> object:
        if value not in self.choices:
            raise PydanticCustomError(
                "choice", "must be one of {choices}", {"choices": ", ".join(self.choices)}
            )
        return value


class SupportForm(BaseModel):
    """The body of `POST /support/form`; unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: Annotated[
        str,
        BeforeValidator(_check_text),
        AfterValidator(_one_line),
        AfterValidator(_Length(1, 100)),
        AfterValidator(_name),
        Field(json_schema_extra={"minLength": 1, "maxLength": 100}),
    ]
    email: Annotated[
        str,
        BeforeValidator(_check_text),
        AfterValidator(_email),
        Field(json_schema_extra={"format": "email", "maxLength": _LONGEST_EMAIL}),
    ]
    subject: Annotated[
        str,
        BeforeValidator(_check_text),
        AfterValidator(_one_line),
        AfterValidator(_Length(5, 200)),
        Field(json_schema_extra={"minLength": 5, "maxLength": 200}),
    ]
    category: Annotated[Category, BeforeValidator(_OneOf(tuple(Category)))] = Category.GENERAL
    priority: Annotated[Priority, BeforeValidator(_OneOf(tuple(Priority)))] = Priority.MEDIUM
    message: Annotated[
        str,
        BeforeValidator(_check_text),
        AfterValidator(_many_lines),
        AfterValidator(_Length(10, _LONGEST_MESSAGE)),
        Field(json_schema_extra={"minLength": 10, "maxLength": _LONGEST_MESSAGE}),
    ]


class FollowUp(BaseModel):
    """The body of `POST /tickets/{ticket_id}/messages`; it may be as short as "yes"."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    message: Annotated[
        str,
        BeforeValidator(_check_text),
        AfterValidator(_many_lines),
        AfterValidator(_Length(1, _LONGEST_MESSAGE)),
        Field(json_schema_extra={"minLength": 1, "maxLength": _LONGEST_MESSAGE}),
    ]


def to_inbound(
    form: SupportForm, idempotency_key: str | None = None, received_at: datetime | None = None
) -> InboundMessage:
    """Turn the form into a message, whose sender is only claimed.

    The message's id begins with a hash of all fields. With a key the rest is a hash of key and form: a repeat
    is the same message, and another form with the same key is a new one. Without a key the form `repeats` any
    of the same fields that came shortly before.
    """
    fields = json.dumps(form.model_dump(mode="json"), sort_keys=True)
    same_fields = f"{hashlib.sha256(fields.encode()).hexdigest()}:"
    key = repeat_key(form, idempotency_key)
    return InboundMessage(
        channel=Channel.WEB_FORM,
        provider_message_id=f"{same_fields}{key or uuid4()}",
        repeats=None if key else same_fields,
        sender=identify_email(form.email, Assurance.CLAIMED),
        sender_name=form.name,
        text=form.message,
        raw_text=form.message,
        received_at=received_at or datetime.now(UTC),
        subject=form.subject,
        category=form.category,
        priority=form.priority,
    )


def repeat_key(filled_in: SupportForm | FollowUp, idempotency_key: str | None) -> str | None:
    """Return a hash of key and content, so that a key used for two forms loses neither."""
    if not idempotency_key:
        return None
    content = json.dumps([idempotency_key, filled_in.model_dump(mode="json")], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
