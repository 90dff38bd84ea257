"""Checks that the page, OpenAPI and the form itself say the same of every field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from channels.web_form.form import SupportForm

RULES = json.loads(
    (Path(__file__).parents[2] / "web-form/src/rules.json").read_text(encoding="utf-8")
)
FILLED_IN = {
    "name": "Ada Fox",
    "email": "ada@example.com",
    "subject": "Export",
    "message": "How do I export?",
}


def schema_rules() -> dict[str, dict[str, object]]:
    schema = SupportForm.model_json_schema()
    rules = {}
    for name, field in schema["properties"].items():
        reference = field.get("$ref") or ""
        field = field | schema.get("$defs", {}).get(reference.rpartition("/")[2], {})
        rules[name] = {
            key: field[key] for key in ("minLength", "maxLength", "enum") if key in field
        }
    return rules


def test_the_page_checks_what_openapi_documents() -> None:
    assert schema_rules() == RULES


def is_taken(name: str, value: str) -> bool:
    try:
        SupportForm.model_validate(FILLED_IN | {name: value})
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", ["name", "subject", "message"])
def test_the_documented_lengths_are_the_ones_that_hold(name: str) -> None:
    low, high = RULES[name]["minLength"], RULES[name]["maxLength"]
    assert [is_taken(name, "x" * n) for n in (low - 1, low, high, high + 1)] == [
        False,
        True,
        True,
        False,
    ]


def test_the_documented_length_of_an_address_is_the_one_that_holds() -> None:
    longest = RULES["email"]["maxLength"]

    def address(length: int) -> str:
        host = ".".join(["a" * 60] * 3) + ".example"
        return "x" * (length - len(host) - 1) + "@" + host

    assert is_taken("email", address(longest))
    assert not is_taken("email", address(longest + 1))


@pytest.mark.parametrize("name", ["category", "priority"])
def test_every_documented_choice_is_taken_and_no_other(name: str) -> None:
    assert all(is_taken(name, choice) for choice in RULES[name]["enum"])
    assert not is_taken(name, "other")
