"""Checks which messages are split into several questions, and that single ones stay whole."""

from __future__ import annotations

import pytest

from domain.languages import Language, guess_language
from domain.questions import MAX_QUESTIONS, is_about, points_back_to, split_questions


def parts(text: str) -> list[str]:
    return [question.text for question in split_questions(text, guess_language(text))]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("I have two questions: how do I invite a client, and how do I turn off notifications?", 2),
        ("Where can I see my invoices? And can I get them by mail automatically?", 2),
        ("1) reset password 2) delete my account", 2),
        ("How do I invite a guest?\nWhere do I find my invoices?\nCan I change the language?", 3),
        ("Hi team,\n\n1. How do I rename a board?\n2. How do I leave it?\n\nThanks\nRobin", 2),
        ("how do i change my photo, how do i change my e-mail address", 2),
        ("Wie lade ich Gäste ein und wo finde ich meine Rechnungen?", 2),
        ("¿Cómo cambio el idioma y dónde descargo mis facturas?", 2),
        ("Comment inviter un client et où sont mes factures ?", 2),
    ],
)
def test_several_questions_are_told_apart(text: str, count: int) -> None:
    assert len(parts(text)) == count


@pytest.mark.parametrize(
    "text",
    [
        "how do I export and import?",
        "Can you tell me when and how I can change my plan?",
        "My colleague deleted our project, can we get it back?",
        "The app is slow. Is it my browser? Or is Flow down?",
        "I can't log in. I tried resetting the password. Is my account locked? What should I do?",
        "I need a new card to replace an expired one. How soon?",
        "If I go to a green space, can I take public transport to get there?",
        "Wie kann ich exportieren und importieren?",
        "How do I invite a guest?\n\nBest regards\nAnna",
        "",
    ],
)
def test_a_single_question_stays_whole(text: str) -> None:
    assert parts(text) == [text]


def test_a_message_is_split_into_a_bounded_number_of_questions() -> None:
    text = " ".join(f"How do I open folder{number}?" for number in range(20))
    assert len(parts(text)) == MAX_QUESTIONS
    assert "folder19" in parts(text)[-1]


def test_a_question_knows_that_it_points_back() -> None:
    first, second = split_questions(
        "Where are my invoices? And can I get them by mail?", Language.ENGLISH
    )
    assert not first.points_back
    assert second.points_back
    assert points_back_to("who can do that?")
    assert not points_back_to("How do I archive projects?")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Reset your password", True),
        ("Reset your password: how long is the link valid?", True),
        ("How do I reset your password?", False),
    ],
)
def test_a_search_names_the_article_that_it_is_about(query: str, expected: bool) -> None:
    assert is_about(query, "Reset your password") is expected
