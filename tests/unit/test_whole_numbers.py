"""Tests reading numbers that strangers write."""

from __future__ import annotations

import pytest

from domain.whole_numbers import whole_number


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("42", 42), (" 7 ", 7), ("007", 7), ("9" * 18, 10**18 - 1)]
)
def test_digits_are_a_number(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", " ", "-1", "+1", "1.5", "1e3", "1_0", "²", "٣", "0x1", "inf", "9" * 19, "9" * 5000],
    ids=lambda text: ascii(text[:20]),
)
def test_anything_else_is_none(text: str) -> None:
    assert whole_number(text) is None
