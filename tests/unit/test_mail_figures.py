"""Checks that what is read of mail and of phone numbers holds its bars on the labelled sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from evals.datasets import DataFolder, data_root
from evals.measure_identifiers import measure_identifiers
from evals.measure_mail import is_right, keeps_quote, loses_words, measure_mail
from evals.measure_mime import Expected, grade, measure_mime
from evals.metrics import Figure

Measure = Callable[[DataFolder], Iterator[Figure]]


@pytest.mark.parametrize("measure", [measure_mail, measure_mime, measure_identifiers])
def test_every_figure_holds_its_bar(measure: Measure) -> None:
    figures = list(measure(DataFolder(data_root())))
    if not figures:
        pytest.skip("the sets are not in EVAL_DATA")
    missed = []
    for figure in figures:
        sign, _, bar = figure.bar.partition(" ")
        holds = {
            "": True,
            ">=": round(figure.value, 3) >= float(bar or 0),
            "<=": round(figure.value, 3) <= float(bar or 0),
        }[sign]
        if not holds:
            missed.append(f"{figure.name} {figure.value:.4f} {figure.bar}")
    assert not missed


def test_a_reply_is_right_when_every_expectation_of_its_suite_is_met() -> None:
    assert is_right({"expected_reply": "Hi\n there"}, "Hi there\n")
    assert not is_right({"expected_reply": "Hi"}, "Hi there")
    assert is_right({"contains": ["there"], "not_contains": ["gone"]}, "Hi there")
    assert not is_right({"contains": ["there"], "not_contains": ["Hi"]}, "Hi there")
    assert not is_right({"reply_matches_regex": "^bye"}, "Hi there")


def test_words_lost_and_quotes_kept_are_told_apart() -> None:
    case = {"expected_reply": "my own words", "raw": "my own words\n> yours"}
    assert loses_words(case, "my words")
    assert not loses_words(case, "my own words\n> yours")
    assert keeps_quote(case, "my own words\n> yours")
    assert not keeps_quote(case, "my own words\n>")


def test_each_part_of_a_mail_is_graded_alone() -> None:
    expected = Expected("A b", ["ann@example.com"], ["words"], 1)
    mail = {"subject": "A  b", "from": "Ann@example.com", "text": "other", "attachments": []}
    assert grade(expected, mail) == {
        "subject": True,
        "sender": True,
        "attachments": False,
        "text": False,
    }


def test_a_character_that_the_suite_could_not_read_may_be_read_rightly() -> None:
    expected = Expected("", [], ["Die Fr\N{REPLACEMENT CHARACTER}sche"], 0)
    mail = {"from": "", "attachments": []}
    assert grade(expected, {**mail, "text": "Die Frösche"})["text"]
    assert grade(expected, {**mail, "text": "Die Fr\N{REPLACEMENT CHARACTER}sche"})["text"]
    assert not grade(expected, {**mail, "text": "Die Frsche"})["text"]
