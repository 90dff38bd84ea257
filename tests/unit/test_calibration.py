"""Checks that the gate fits the articles that are there and says what to expect of it."""

from __future__ import annotations

from dataclasses import replace

from domain.gate import Gate
from pipeline.calibration import ENOUGH_LABELLED, FURTHEST, Probe, choose_gate

SHIPPED = Gate(0.42, 0.25, 0.0, 0.43, 0, 0, "")


def titles(*taken_out: float) -> list[Probe]:
    return [Probe(0.9, value, True) for value in taken_out]


def test_articles_that_tell_each_other_apart_keep_the_gate_of_the_weights() -> None:
    gate = choose_gate(titles(0.1, 0.1, 0.5), SHIPPED, "3:7")
    assert (gate.answer_from, gate.offer_from, gate.articles) == (0.42, 0.25, "3:7")


def test_articles_that_are_taken_for_each_other_raise_the_gate_and_the_offer_with_it() -> None:
    gate = choose_gate(titles(0.46, 0.47, 0.48, 0.2), SHIPPED, "")
    assert 0.46 < gate.answer_from <= 0.48
    assert round(gate.answer_from - gate.offer_from, 3) == 0.17


def test_the_gate_moves_no_further_than_the_weights_can_be_trusted() -> None:
    gate = choose_gate(titles(*[0.99] * 10), SHIPPED, "")
    assert gate.answer_from == round(SHIPPED.answer_from + FURTHEST, 3)


def test_a_gate_states_its_rates_and_how_many_questions_they_rest_on() -> None:
    gate = choose_gate(titles(0.5, 0.1), SHIPPED, "")
    assert (gate.expected_wrong, gate.expected_missed) == (0.15, 0.43)
    assert (gate.questions, gate.labelled) == (2, 0)


def test_customers_own_questions_decide_where_there_are_enough() -> None:
    easy = Probe(0.35, 0.1, True, is_labelled=True)
    gate = choose_gate([*titles(*[0.99] * 30), *[easy] * ENOUGH_LABELLED], SHIPPED, "")
    assert gate.answer_from <= 0.35
    assert (gate.expected_wrong, gate.expected_missed) == (0.0, 0.0)
    few = choose_gate([replace(easy)] * (ENOUGH_LABELLED - 1), SHIPPED, "")
    assert few.answer_from == SHIPPED.answer_from
