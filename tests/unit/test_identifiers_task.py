"""Checks that the scoring task hands out the keys that the product itself uses."""

from __future__ import annotations

import pytest

from evals.tasks.identifiers import run


def test_each_line_gets_its_key_or_null() -> None:
    rows = [
        {"id": 1, "type": "email", "value": "Anna@Example.com"},
        {"id": 2, "type": "phone", "value": "030 123456", "region": "DE"},
        {"id": 3, "type": "whatsapp", "value": "whatsapp:+49 30 123456", "region": None},
        {"id": 4, "type": "phone", "value": "no number", "region": "DE"},
    ]
    assert list(run(rows, None)) == [
        {"id": 1, "key": "anna@example.com"},
        {"id": 2, "key": "+4930123456"},
        {"id": 3, "key": "+4930123456"},
        {"id": 4, "key": None},
    ]


def test_an_unknown_kind_is_an_error_and_not_a_null() -> None:
    with pytest.raises(ValueError, match="fax"):
        list(run([{"id": 1, "type": "fax", "value": "030"}], None))
