"""Texts are compared by their stems, and a customer's language is told from few words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.language import detect_language
from domain.languages import Language, guess_language
from domain.words import content_stems, content_words, overlap, sentences, statements
from evals.datasets import HANDWRITTEN

CARRIED = Path(__file__).parents[2] / "evals" / "data"


def labelled() -> list[dict[str, str]]:
    lines = (HANDWRITTEN / "sentiment_languages.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def english() -> list[str]:
    found: list[str] = []
    for part in ("intents_banking77", "intents_clinc150", "intents_nlupp"):
        lines = (CARRIED / part / "dev" / "utterances.jsonl").read_text(encoding="utf-8")
        found += [json.loads(line)["text"] for line in lines.splitlines()[:300]]
    return found


@pytest.mark.parametrize(
    ("language", "text", "other"),
    [
        (Language.ENGLISH, "Exporting a board", "How do I export the boards?"),
        (
            Language.GERMAN,
            "Die Rechnung herunterladen",
            "Wo lade ich Rechnungen herunter? Herunterladen",
        ),
        (Language.FRENCH, "L'on trouve la facture", "Je ne trouve pas mes factures"),
        (Language.SPANISH, "La factura", "¿Dónde están mis facturas?"),
        (Language.ITALIAN, "La fattura dell'ordine", "Dove sono l'ordine e le fatture?"),
        (Language.DUTCH, "De rekening", "Waar zijn mijn rekeningen?"),
        (Language.PORTUGUESE, "A fatura", "Onde estão as minhas faturas?"),
    ],
)
def test_the_forms_of_a_word_meet_in_every_language(
    language: Language, text: str, other: str
) -> None:
    assert content_stems(text, language)
    assert overlap(text, frozenset(content_stems(other, language)), language) == 1.0


def test_words_that_support_is_asked_about_are_no_stop_words() -> None:
    text = "the order, the bill, a test, members of my group and a page"
    asked = ["order", "bill", "test", "members", "group", "page"]
    assert content_words(text, Language.ENGLISH) == asked


def test_accents_case_and_hyphens_make_no_difference() -> None:
    assert content_stems("E-Mail", Language.ENGLISH) == content_stems("email", Language.ENGLISH)
    assert content_stems("CAFÉ", Language.FRENCH) == content_stems("cafe", Language.FRENCH)


def test_sentences_end_neither_at_numbers_nor_at_titles() -> None:
    assert sentences("Ask Dr. Meier. Press 1. Then go.") == ["Ask Dr. Meier.", "Press 1. Then go."]
    assert statements("One\nsentence. Two.\n- An item. Whole.\n- Next") == [
        "One sentence.",
        "Two.",
        "- An item. Whole.",
        "- Next",
    ]


def test_the_agent_tells_the_languages_of_short_messages() -> None:
    rows = labelled()
    told = [(row["language"], detect_language(row["text"])) for row in rows]
    assert sum(language == found for language, found in told) / len(rows) >= 0.97
    taken_for_another = [pair for pair in told if pair[1] not in (pair[0], Language.ENGLISH)]
    assert len(taken_for_another) <= 2


def test_the_agent_takes_no_english_message_for_another_language() -> None:
    texts = english()
    assert len(texts) >= 700
    assert [text for text in texts if detect_language(text) is not Language.ENGLISH] == []


def test_the_guess_by_stop_words_serves_where_the_detector_is_not_loaded() -> None:
    rows = labelled()
    right = sum(guess_language(row["text"]) == row["language"] for row in rows)
    assert right / len(rows) >= 0.9
    assert sum(guess_language(text) is not Language.ENGLISH for text in english()) <= 2


@pytest.mark.parametrize("text", ["", "ok", "4711", "TKT-0123456789", "日本語", "👍"])
def test_a_text_without_words_keeps_the_language_of_before(text: str) -> None:
    for tell in (detect_language, guess_language):
        assert tell(text, Language.DUTCH) is Language.DUTCH
        assert tell(text) is Language.ENGLISH
