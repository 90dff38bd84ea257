"""Checks that docs/reference/api.md says what the API is now, and its examples are allowed by it."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

with warnings.catch_warnings():
    # Ray's import itself uses what pydantic deprecates.
    warnings.simplefilter("ignore")
    from scripts.api_reference import TARGET, example_of, openapi, write_reference

DOCUMENT = openapi()


def test_the_reference_is_current() -> None:
    assert TARGET.read_text() == write_reference(DOCUMENT), "run `make api-reference`"


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_an_example_is_one_that_the_api_would_take_or_give(name: str) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    whole = {**schema, "components": DOCUMENT["components"]}
    Draft202012Validator(whole).validate(example_of(DOCUMENT, schema))


def test_every_call_of_the_api_has_its_place() -> None:
    text = Path(TARGET).read_text()
    for path, operations in DOCUMENT["paths"].items():
        for method in operations:
            assert f"### `{method.upper()} {path}`" in text
