"""Reads whole numbers that strangers write."""

from __future__ import annotations

_MOST_DIGITS = 18
"""What fits into the database's bigint and every clock's seconds."""


def whole_number(text: str) -> int | None:
    """Return the number of a text of 1 to 18 ASCII digits; None for any other text.

    `str.isdigit` alone also takes "²", which `int` refuses, as it does more than 4,300 digits.
    """
    written = text.strip()
    if not (written.isascii() and written.isdigit() and len(written) <= _MOST_DIGITS):
        return None
    return int(written)
