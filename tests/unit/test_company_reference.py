"""Checks that docs/reference describes every key of the company profile as the code has it now."""

from __future__ import annotations

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from company.document import parse_yaml, to_plain
from scripts.company_reference import EXAMPLE, REFERENCE, SCHEMA, make_schema, write_reference
from serve_app.sample_company import SAMPLE_PROFILE


def test_the_reference_is_current() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == write_reference(), "run `make config-reference`"


def test_the_schema_is_current() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == make_schema(), (
        "run `make config-reference`"
    )


def test_every_key_says_what_it_does() -> None:
    rows = [line for line in write_reference().splitlines() if line.startswith("| `")]
    assert [row for row in rows if row.endswith("|  |")] == []


def test_the_tutorials_first_profile_is_valid() -> None:
    page = (REFERENCE.parents[1] / "tutorial" / "your-company.md").read_text(encoding="utf-8")
    company = parse_yaml(page.partition("```yaml\n")[2].partition("```")[0])
    assert company.support_name
    assert company.country


def test_the_example_is_a_valid_profile_and_means_what_it_says() -> None:
    given = yaml.safe_load(EXAMPLE)
    del given["texts"]["en"]
    kept = to_plain(parse_yaml(EXAMPLE))
    assert set(given) - {"texts"} <= set(kept)


@pytest.mark.parametrize("text", [EXAMPLE, SAMPLE_PROFILE.read_text(encoding="utf-8")])
def test_an_editor_finds_nothing_wrong_in_a_valid_profile(text: str) -> None:
    assert list(Draft202012Validator(make_schema()).iter_errors(to_plain(parse_yaml(text)))) == []


@pytest.mark.parametrize(
    "wrong", ["nam: Acme", "name: Acme\nsla: 3", "name: Acme\nbrand: {color: red}"]
)
def test_an_editor_marks_what_an_import_refuses(wrong: str) -> None:
    assert list(Draft202012Validator(make_schema()).iter_errors(yaml.safe_load(wrong))) != []
