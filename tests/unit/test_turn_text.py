"""Tests what a turn reads of a customer's words: the same words, in bounded space."""

from __future__ import annotations

import unicodedata

import pytest

from domain.turn_text import MAX_TURN_CHARS, TurnText, normalise, prepare


@pytest.mark.parametrize(
    "text",
    [
        "How do I export?",
        "Hello,\n\nhow do I export?\n\nBest\nAnn",
        "def export():\n    return None\n\n        # eight deep",
        "Wie kann ich das übertragen? „So“ – oder so’?",
        "",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert prepare(text) == TurnText(text, is_cut=False)


def test_words_behind_many_blanks_are_read() -> None:
    text = f"How do I export?{chr(10) * 100_000}b{' ' * 100_000}c"
    assert prepare(text) == TurnText("How do I export?\n\nb c", is_cut=False)


def test_what_is_left_out_is_said() -> None:
    assert prepare("a" * MAX_TURN_CHARS) == TurnText("a" * MAX_TURN_CHARS, is_cut=False)
    assert prepare("a" * (MAX_TURN_CHARS + 1)) == TurnText("a" * MAX_TURN_CHARS, is_cut=True)


def test_a_character_that_normalises_to_many_is_cut_as_well() -> None:
    words = prepare("\ufdfa" * MAX_TURN_CHARS)
    assert (len(words.text), words.is_cut) == (MAX_TURN_CHARS, True)


def test_look_alikes_become_the_letters_that_they_stand_for() -> None:
    assert prepare("Ｒｅｆｕｎｄ ﬁle").text == "Refund file"


def test_thirty_marks_on_a_letter_stay() -> None:
    text = "a" + "\u0323" * 30
    assert normalise(text, "NFKD") == unicodedata.normalize("NFKD", text)
    assert normalise(text + "\u0301" * 1000, "NFKD") == unicodedata.normalize("NFKD", text)
