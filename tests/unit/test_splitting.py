"""Tests where a long reply is cut: never inside what belongs together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.splitting import split_at_sentences

FILLER = "Word " * 30


def test_each_part_of_a_block_of_code_has_its_own_fences_and_its_indentation() -> None:
    code = "\n".join(f"    line {number} = value" for number in range(40))
    first, *parts = split_at_sentences(f"Run this:\n\n```\n{code}\n```\n\nDone.", 400)
    assert first == "Run this:"
    assert all(part.startswith("```\n    line") and part.count("```") == 2 for part in parts)
    shown = "\n".join(part.split("```")[1].strip("\n") for part in parts)
    assert shown == code
    assert parts[-1].endswith("```\n\nDone.")
    assert all(len(part) <= 400 for part in parts)


def test_a_block_of_code_that_fits_goes_whole_into_the_next_part() -> None:
    code = "```\n" + "x = 1\n" * 10 + "```"
    assert split_at_sentences(f"{FILLER}. And then:\n{code}", 200)[-1] == f"And then:\n{code}"


@pytest.mark.parametrize(
    "abbreviation",
    ["usw.", "Abs.", "inkl.", "Art.", "z. B.", "d.h.", "ggf.", "e.g.", "approx.", "Mrs.", "Inc.", "Jan.",
     "p. ex.", "env.", "M.", "p. ej.", "Sra.", "núm.", "bijv.", "d.w.z.", "blz.", "p.es.", "ecc.", "sigg.", "Exmo."],
)  # fmt: skip
@pytest.mark.parametrize("beginning", [FILLER, "It was said before. " * 6])
def test_no_part_ends_after_an_abbreviation(abbreviation: str, beginning: str) -> None:
    text = f"{beginning}It goes as {abbreviation} Danach and so it continues for a while."
    end = text.index(abbreviation) + len(abbreviation)
    for limit in range(end, end + 6):
        first = split_at_sentences(text, limit)[0]
        assert not first.endswith(abbreviation.split()[-1])


def test_a_step_list_and_a_quotation_stay_whole_where_they_fit() -> None:
    steps = "1. Open the menu. Wait.\n2. Press Export.\n   It is at the top.\n3. Save it."
    assert steps in split_at_sentences(f"{FILLER}\n\n{steps}\n\nThat is all.", 180)[1]
    quote = "> First line of it.\n> Second line of it."
    assert split_at_sentences(f"{FILLER}\n{quote}", 170)[1] == quote
    said = "“One thing is sure. Another is not. A third may be.”"
    assert any(said in part for part in split_at_sentences(f"{FILLER}They write: {said} End.", 185))


def test_an_item_of_a_list_that_is_too_long_stays_in_one_part() -> None:
    items = [
        f"- Item {number} begins here. It goes on.\n  It has a second line." for number in range(9)
    ]
    for part in split_at_sentences("\n".join(items), 150):
        assert part.startswith("- Item")
        assert part.endswith("second line.")


def test_a_bold_span_is_not_cut() -> None:
    for sign in ("*", "**", "_", "~", "`"):
        span = f"{sign}these words stay together{sign}"
        for part in split_at_sentences(f"{FILLER}and {span} and more of it", 165):
            assert part.count(sign) in (0, 2)


@pytest.mark.parametrize("emoji", ["👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪", "e\u0301"])
def test_no_emoji_or_accent_is_torn(emoji: str) -> None:
    text = "a" * 7 + emoji * 30
    for limit in range(20, 40):
        parts = split_at_sentences(text, limit)
        assert "".join(parts) == text
        assert all(part.removeprefix("a" * 7).replace(emoji, "") == "" for part in parts)


@given(st.text(alphabet="ab. \n`>-*1“”", max_size=300), st.integers(min_value=40, max_value=120))
def test_no_part_is_too_long_and_no_word_is_lost(text: str, limit: int) -> None:
    parts = split_at_sentences(text, limit)
    assert all(len(part) <= limit for part in parts)
    letters = [character for part in parts for character in part if character in "ab"]
    assert letters == [character for character in text if character in "ab"]
