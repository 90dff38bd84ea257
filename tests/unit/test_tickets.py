"""Tests ticket numbers and priorities."""

from __future__ import annotations

import re
from itertools import product

from domain.tickets import Priority, new_ticket_number


def test_a_number_is_random_and_in_crockfords_alphabet() -> None:
    numbers = {new_ticket_number() for _ in range(2000)}
    assert len(numbers) == 2000
    assert all(re.fullmatch(r"TKT-[0-9A-HJKMNP-TV-Z]{10}", number) for number in numbers)
    assert len({number[4:7] for number in numbers}) > 1000


def test_every_letter_of_the_alphabet_is_used() -> None:
    letters = set("".join(new_ticket_number()[4:] for _ in range(500)))
    assert letters == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def test_a_priority_is_only_ever_raised() -> None:
    order = ["low", "medium", "high", "urgent"]
    for priority, other in product(Priority, Priority):
        assert order.index(priority.raised_to(other)) == max(
            order.index(priority), order.index(other)
        )
