"""Checks that the guardrails catch what must never be missed and leave look-alikes alone."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from agent.guardrails import Guardrails
from agent.guardrails.patterns import match_class
from agent.guardrails.text import normalise
from agent.guardrails.vocabulary import read_phrases
from domain.tickets import EscalationReason
from embeddings.bert import BertEmbedder

HANDWRITTEN = Path(__file__).parents[2] / "evals" / "data" / "handwritten"


@lru_cache(maxsize=1)
def embedder() -> BertEmbedder:
    return BertEmbedder(threads=1)


@lru_cache(maxsize=1)
def guardrails() -> Guardrails:
    return Guardrails.load()


def reasons(text: str) -> set[str]:
    return {hit.reason.value for hit in guardrails().check(text, embedder().embed([text])[0])}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I want those 30 pounds back, put me through", "refund"),
        ("I want those 30 pounds back, put me through", "human_request"),
        ("GIVE ME MY MONEYYYY BACK", "refund"),
        ("i need a refnud", "refund"),
        ("I have not received my refund", "refund"),
        ("get me a lawyer, this ends in court", "legal"),
        ("speek to a humen plz", "human_request"),
        ("how much is the Pro plan?", "pricing"),
        ("Ich möchte mein Geld zurück", "refund"),
        ("Überweisen Sie mir bitte die 20 Euro vom Mai zurück", "refund"),
        ("Devuélvanme el dinero", "refund"),
        ("Rendez-moi mes 40 euros", "refund"),
        ("Voglio un rimborso", "refund"),
        ("Ik wil mijn geld terug", "refund"),
        ("Quero o meu dinheiro de volta", "refund"),
        ("Können Sie mir beim Preis entgegenkommen?", "pricing"),
        ("Quanto costa il piano Pro?", "pricing"),
        ("Wat kost het abonnement?", "pricing"),
        ("Quanto custa o plano?", "pricing"),
        ("Vorrei parlare con un operatore", "human_request"),
        ("Ik wil met een echt mens praten", "human_request"),
        ("Quero falar com uma pessoa", "human_request"),
        ("Vi denuncio, parlerete con il mio avvocato", "legal"),
        ("Ik stap naar de rechter", "legal"),
        ("O meu advogado vai contactar-vos", "legal"),
        ("Quiero hablar con una persona", "human_request"),
        ("Mon avocat va vous contacter", "legal"),
        ("Was kostet der Pro-Tarif?", "pricing"),
    ],
)
def test_a_request_escalates_whatever_its_form(text: str, reason: str) -> None:
    assert reason in reasons(text)


@pytest.mark.parametrize(
    "text",
    [
        "I can't find the invoice price column",
        "how do I add an agent to my workspace",
        "I'm legally blind, is there a larger font?",
        "I am not asking for a refund, I just want to log in",
        "no need for a human, just send me the link",
        "My grammar police colleague edits my titles",
    ],
)
def test_a_mention_that_is_no_request_does_not_escalate(text: str) -> None:
    assert reasons(text) == set()


def test_legal_threats_and_their_look_alikes_are_told_apart() -> None:
    rows = [
        json.loads(line) for line in (HANDWRITTEN / "legal_check.jsonl").read_text().splitlines()
    ]
    wrong = [row["text"] for row in rows if ("legal" in reasons(row["text"])) != row["threat"]]
    assert wrong == []


def test_quoted_mail_is_not_the_customers_request() -> None:
    text = "That worked, how do I rename the board now?\n> I want a refund and a lawyer"
    assert normalise(text) == "that worked, how do i rename the board now?"


def test_a_negation_reaches_only_its_own_clause() -> None:
    match = match_class(
        normalise("I do not want a voucher, I want a refund"), EscalationReason.REFUND
    )
    assert match.decides


def test_thresholds_change_what_escalates_without_loading_again() -> None:
    text = "what would we pay if we add people"
    vector = embedder().embed([text])[0]
    score = guardrails().scores(text, vector)[EscalationReason.PRICING][0]
    strict = guardrails().with_thresholds({"pricing": min(1.0, score + 0.001)})
    lax = guardrails().with_thresholds({"pricing": score - 0.001})
    assert not [hit for hit in strict.check(text, vector) if hit.reason == "pricing"]
    assert [hit for hit in lax.check(text, vector) if hit.reason == "pricing"]


@pytest.mark.parametrize("thresholds", [{"prices": 0.5}, {"legal": 1.5}])
def test_a_wrong_threshold_is_refused(thresholds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"guardrail class|threshold of"):
        Guardrails.load(thresholds=thresholds)


def test_hits_come_strongest_first_with_their_evidence() -> None:
    text = "My lawyer says I get a refund"
    hits = guardrails().check(text, embedder().embed([text])[0])
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert {"my lawyer", "refund"} <= {hit.evidence for hit in hits}


def test_checking_many_is_checking_each() -> None:
    texts = ["hello there", "I want a refund"]
    vectors = embedder().embed(texts)
    assert guardrails().check_many(texts, vectors) == [
        guardrails().check(text, vector) for text, vector in zip(texts, vectors, strict=True)
    ]
    assert guardrails().check_many([], np.zeros((0, 384), dtype=np.float32)) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('Our board "Price list refunds" is done, how do I archive it?', EscalationReason.REFUND),
        ('Our board "Price list refunds" is done, how do I archive it?', EscalationReason.PRICING),
        ("Our legal team wants to know who exported the audit log.", EscalationReason.LEGAL),
        ("Where do I enter our travel costs?", EscalationReason.PRICING),
        (
            "Would someone of yours like to give a talk at our meetup?",
            EscalationReason.HUMAN_REQUEST,
        ),
        ("The rule is off, how do I switch it on again?", EscalationReason.HUMAN_REQUEST),
    ],
)
def test_a_name_or_a_mention_is_no_request(text: str, reason: EscalationReason) -> None:
    assert not match_class(normalise(text), reason).decides


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('The board "Sales" is empty and I want a refund.', EscalationReason.REFUND),
        ("Our legal department will be in touch.", EscalationReason.LEGAL),
        ("Please switch me over to a person.", EscalationReason.HUMAN_REQUEST),
        ("Pass it on to a manager.", EscalationReason.HUMAN_REQUEST),
    ],
)
def test_a_request_beside_a_name_stays_a_request(text: str, reason: EscalationReason) -> None:
    assert match_class(normalise(text), reason).decides


def test_plain_words_added_to_a_file_are_found_whole_in_a_language_of_their_own(
    tmp_path: Path,
) -> None:
    (tmp_path / "pieces.txt").write_text("money = (?:soldi|denaro)\n")
    (tmp_path / "refund.it.txt").write_text("# Italian\n[decides]\nrimborso\n<<money>> indietro\n")
    found = re.compile("|".join(read_phrases(tmp_path, EscalationReason.REFUND)["decides"]))
    assert found.search("vorrei un rimborso")
    assert found.search("rivoglio il denaro indietro")
    assert not found.search("rimborsologia")


@pytest.mark.parametrize("line", [r"(?:geld", "<<nothing>> back"])
def test_a_phrase_that_can_not_be_read_names_its_file_and_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "pieces.txt").write_text("")
    (tmp_path / "refund.de.txt").write_text(f"# German\n[decides]\n{line}\n")
    with pytest.raises(ValueError, match=r"refund\.de\.txt, line 3"):
        read_phrases(tmp_path, EscalationReason.REFUND)
