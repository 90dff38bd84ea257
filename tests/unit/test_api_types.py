"""The web form's types and names are those of the API and of the records as they are now."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # Ray's import itself uses what pydantic deprecates.
    warnings.simplefilter("ignore")
    from scripts.api_types import NAMES, TARGET, write_names, write_types


def test_the_types_of_the_web_form_are_current() -> None:
    assert TARGET.read_text(encoding="utf-8") == write_types(), "run `make api-types`"


def test_the_names_of_the_web_form_are_current() -> None:
    assert NAMES.read_text(encoding="utf-8") == write_names(), "run `make api-types`"
