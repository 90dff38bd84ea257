"""Tests that a few words are told by their language, and that others are left to the detector."""

from __future__ import annotations

import pytest

from agent.language import detect_language
from domain.languages import Language
from domain.telling_words import tell_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ok danke", "de"),
        ("Hallo", "de"),
        ("Hola", "es"),
        ("vale gracias", "es"),
        ("¿Es usted un bot?", "es"),
        ("Salut", "fr"),
        ("ok merci", "fr"),
        ("Grazie mille", "it"),
        ("bedankt", "nl"),
        ("Obrigado", "pt"),
        ("ok thanks", "en"),
    ],
)
def test_a_few_words_tell_their_language(text: str, language: str) -> None:
    assert detect_language(text) is Language(language)


@pytest.mark.parametrize("text", ["", "42", "TKT-0123456789", "👍"])
def test_words_of_no_language_are_left_open(text: str) -> None:
    assert tell_language(text) is None


def test_a_word_of_no_one_language_keeps_the_conversations() -> None:
    assert detect_language("12 34", Language.FRENCH) is Language.FRENCH
