"""Checks that the web form's types of the API are those of the API as it is now."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # Ray's import itself uses what pydantic deprecates.
    warnings.simplefilter("ignore")
    from scripts.api_types import TARGET, write_types


def test_the_types_of_the_web_form_are_current() -> None:
    assert TARGET.read_text(encoding="utf-8") == write_types(), "run `make api-types`"
