"""The support form's rules, in words that its page can show beside each field."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import datetime
from typing import Annotated
from uuid import uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from domain.channels import Channel
from domain.errors import Malformed
from domain.identifiers import Assurance, identify_email, normalise_email
from domain.messages import InboundMessage
from domain.tickets import Category, Priority

MAX_BODY_BYTES = 64 * 1024


def _refuse_controls(value: str, allowed: str) -> str:
    for character in value:
        if character not in allowed and unicodedata.category(character) in {"Cc", "Cs"}:
            raise PydanticCustomError("control", "must not contain control characters")
    return value


def _one_line(value: str) -> str:
    return " ".join(_refuse_controls(value, "").split())


def _many_lines(value: str) -> str:
    return _refuse_controls(value, "\n\r\t").strip()


def _length(low: int, high: int) -> AfterValidator:
    """Counted without outer white space, so that blanks alone never satisfy a rule."""

    def check(value: str) -> str:
        if not value and low > 0:
            raise PydanticCustomError("blank", "must not be empty")
        if len(value) < low:
            raise PydanticCustomError("short", f"must have at least {low} characters")
        if len(value) > high:
            raise PydanticCustomError("long", f"must have at most {high} characters")
        return value

    return AfterValidator(check)


def _email(value: str) -> str:
    try:
        normalise_email(value)
    except Malformed as error:
        why = error.fields.get("email", "is not a valid e-mail address")
        raise PydanticCustomError("email", why) from error
    return value.strip()


Line = Annotated[str, AfterValidator(_one_line)]
Text = Annotated[str, AfterValidator(_many_lines)]


class SupportForm(BaseModel):
    """`POST /support/form`. Fields that we do not know are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    name: Annotated[Line, _length(2, 100)]
    email: Annotated[str, AfterValidator(_email)]
    subject: Annotated[Line, _length(5, 200)]
    category: Annotated[Category, Field(strict=False)] = Category.GENERAL
    priority: Annotated[Priority, Field(strict=False)] = Priority.MEDIUM
    message: Annotated[Text, _length(10, 10_000)]


class FollowUp(BaseModel):
    """`POST /tickets/{ticket_id}/messages`: may be as short as "yes"."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    message: Annotated[Text, _length(1, 10_000)]


def parse_form(body: bytes) -> SupportForm:
    """Raises Malformed, whose `fields` says of each bad field why."""
    try:
        return SupportForm.model_validate(_read_object(body))
    except ValidationError as error:
        raise _explain(error) from error


def parse_follow_up(body: bytes) -> FollowUp:
    """Raises Malformed, whose `fields` says of each bad field why."""
    try:
        return FollowUp.model_validate(_read_object(body))
    except ValidationError as error:
        raise _explain(error) from error


def to_inbound(
    form: SupportForm, received_at: datetime, idempotency_key: str | None = None
) -> InboundMessage:
    """The form as a message. The sender's address is only claimed: nobody has proven it.

    The id of a keyed message is made of the key and everything that was filled in: a repeat gets
    the first answer, and the same key on another form is another message. Without a key every
    form is a new message.
    """
    return InboundMessage(
        channel=Channel.WEB_FORM,
        provider_message_id=_message_id(form, idempotency_key),
        sender=identify_email(form.email, Assurance.CLAIMED),
        sender_name=form.name,
        text=form.message,
        raw_text=form.message,
        received_at=received_at,
        subject=form.subject,
        category=form.category,
        priority=form.priority,
    )


def _message_id(form: SupportForm, idempotency_key: str | None) -> str:
    if not idempotency_key:
        return str(uuid4())
    filled_in = json.dumps([idempotency_key, form.model_dump(mode="json")], sort_keys=True)
    return hashlib.sha256(filled_in.encode()).hexdigest()


def _read_object(body: bytes) -> dict[str, object]:
    if len(body) > MAX_BODY_BYTES:
        raise Malformed("the form is larger than 64 KiB")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise Malformed("the body must be a JSON object")
    return value


def _explain(error: ValidationError) -> Malformed:
    fields: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0]) if problem["loc"] else "body"
        fields.setdefault(name, _friendly(problem["type"], str(problem["msg"]), name))
    return Malformed("some fields need another look", fields)


def _friendly(kind: str, message: str, field: str) -> str:
    if kind == "missing":
        return "is required"
    if kind == "enum":
        choices: list[str] = list(Category if field == "category" else Priority)
        return "must be one of " + ", ".join(choices)
    if kind.startswith("string"):
        return "must be text"
    return message
