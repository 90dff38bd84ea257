"""Tests the support form: what is taken, what is refused and in which words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from channels.web_form.form import SupportForm, to_inbound
from domain.channels import Channel
from domain.identifiers import Assurance
from domain.tickets import Category, Priority

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
FILLED_IN: dict[str, object] = {
    "name": "Anna Meier",
    "email": "Anna@Example.com",
    "subject": "Export fails",
    "category": "technical",
    "priority": "high",
    "message": "The export stops at 40 %.\nWhat can I do?",
}


def fill(**changes: object) -> SupportForm:
    return SupportForm.model_validate(FILLED_IN | changes)


def complaints(**changes: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as refusal:
        fill(**changes)
    return {str(problem["loc"][0]): problem["msg"] for problem in refusal.value.errors()}


def test_a_form_becomes_the_same_for_every_channel() -> None:
    message = to_inbound(fill(), received_at=NOW)
    assert message.channel is Channel.WEB_FORM
    assert message.sender.value == "anna@example.com"
    assert message.sender.assurance is Assurance.CLAIMED
    assert (message.sender_name, message.subject) == ("Anna Meier", "Export fails")
    assert message.text == "The export stops at 40 %.\nWhat can I do?"
    assert (message.category, message.priority) == (Category.TECHNICAL, Priority.HIGH)
    assert message.received_at == NOW


def test_category_and_priority_may_be_left_out() -> None:
    form = SupportForm.model_validate(
        {key: value for key, value in FILLED_IN.items() if key not in ("category", "priority")}
    )
    assert (form.category, form.priority) == (Category.GENERAL, Priority.MEDIUM)


def test_fields_that_we_do_not_know_are_ignored() -> None:
    assert fill(is_staff=True) == fill()


@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"name": "7!"}, "name", "must have a letter in it"),
        ({"name": "   "}, "name", "must not be empty"),
        ({"name": "A" * 101}, "name", "must have at most 100 characters"),
        ({"name": "An\x00na"}, "name", "must not contain control characters"),
        ({"name": "An\nna"}, "name", "must not contain control characters"),
        ({"name": 5}, "name", "must be text"),
        ({"name": None}, "name", "must be text"),
        ({"name": "An\ud800na"}, "name", "must not contain control characters"),
        ({"email": "anna"}, "email", "is not a valid e-mail address"),
        ({"email": "an..na@example.com"}, "email", "is not a valid e-mail address"),
        ({"email": "anna.@example.com"}, "email", "is not a valid e-mail address"),
        ({"email": "anna@example.com\r\nBcc: x@y.z"}, "email", "is not a valid e-mail address"),
        ({"email": ["anna@example.com"]}, "email", "must be text"),
        ({"subject": "Oh  "}, "subject", "must have at least 5 characters"),
        ({"subject": "Hi\r\nBcc: x"}, "subject", "must not contain control characters"),
        ({"subject": "x" * 201}, "subject", "must have at most 200 characters"),
        ({"message": " \n\t "}, "message", "must not be empty"),
        ({"message": "short"}, "message", "must have at least 10 characters"),
        ({"message": "    short     "}, "message", "must have at least 10 characters"),
        ({"message": "x" * 10_001}, "message", "must have at most 10000 characters"),
        ({"message": "a message with \x00 in it"}, "message", "must not contain control characters"),
        ({"message": "a message with \x1b[31m"}, "message", "must not contain control characters"),
        ({"category": "gossip"}, "category",
         "must be one of general, technical, billing, bug_report, feedback"),
        ({"category": []}, "category",
         "must be one of general, technical, billing, bug_report, feedback"),
        ({"priority": "now"}, "priority", "must be one of low, medium, high, urgent"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_the_reason(
    changes: dict[str, object], field: str, why: str
) -> None:
    assert complaints(**changes) == {field: why}


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(ValidationError) as refusal:
        SupportForm.model_validate({})
    assert {problem["loc"][0] for problem in refusal.value.errors()} == {
        "name",
        "email",
        "subject",
        "message",
    }


@pytest.mark.parametrize("length", [10, 10_000])
def test_the_limits_themselves_are_allowed(length: int) -> None:
    assert len(fill(message="x" * length).message) == length
    assert fill(name="Al", subject="Hello").name == "Al"


def test_a_repeat_with_the_same_key_is_the_same_message() -> None:
    first = to_inbound(fill(), "key-1")
    assert to_inbound(fill(), "key-1").provider_message_id == first.provider_message_id


@pytest.mark.parametrize(
    "changes",
    [{"message": "Something else entirely."}, {"email": "other@example.com"}, {"priority": "low"},
     {"name": "Other"}, {"subject": "Another one"}, {"category": "billing"}],
)  # fmt: skip
def test_the_same_key_on_another_form_is_another_message(changes: dict[str, object]) -> None:
    first = to_inbound(fill(), "key-1")
    assert to_inbound(fill(**changes), "key-1").provider_message_id != first.provider_message_id


def test_without_a_key_every_form_is_a_new_message() -> None:
    ids = {to_inbound(fill(), key).provider_message_id for key in (None, None, "", "")}
    assert len(ids) == 4


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=60))
def test_whatever_is_taken_can_be_stored(name: str, subject: str, message: str) -> None:
    try:
        form = fill(name=name, subject=subject, message=message)
    except ValidationError:
        return
    assert "\x00" not in form.name + form.subject + form.message
    (form.name + form.subject + form.message).encode()
    assert 1 <= len(form.name) <= 100


@pytest.mark.parametrize("field", ["name", "subject"])
@pytest.mark.parametrize("hidden", ["\u202e", "\u202a", "\u2066", "\u2069"])
def test_characters_that_turn_a_line_around_are_refused(field: str, hidden: str) -> None:
    assert complaints(**{field: f"Question {hidden}gpj.exe"}) == {
        field: "must not contain hidden characters"
    }


def test_unseen_characters_are_taken_out_of_names_and_kept_in_messages() -> None:
    form = fill(name="Ann\u200b\ufeff Lee\u00ad", message="How do I \u2067export\u2069 a project?")
    assert form.name == "Ann Lee"
    assert form.message == "How do I \u2067export\u2069 a project?"
    joined = "\u0646\u06cc\u200c\u0645\u0627"
    assert fill(name=joined).name == joined
