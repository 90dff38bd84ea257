"""Collects the guardrail classifier's training rows, with labels per class from the intent sets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.guardrails.vocabulary import CLASSES
from domain.tickets import EscalationReason
from evals.datasets import CARRIED_DATA, HANDWRITTEN, DataFolder, read_rows, strings

UNKNOWN = np.nan
"""The label of a class that a row does not tell; the row is left out of that class's fit."""

_CLASS_INDEX = {reason.value: index for index, reason in enumerate(CLASSES)} | {
    "human": CLASSES.index(EscalationReason.HUMAN_REQUEST)
}
_NLUPP_INTENTS = {"fees_interests": "pricing", "refund": "refund", "handoff": "human"}
# CLINC intents near the classes, where a request may or may not be one for a person to decide.
_CLINC_UNCLEAR = frozenset(
    [
        "interest_rate",
        "apr",
        "international_fees",
        "exchange_rate",
        "insurance",
        "insurance_change",
        "taxes",
        "min_payment",
        "bill_balance",
        "make_call",
        "are_you_a_bot",
        "cancel",
        "oos",
        "order",
        "book_flight",
        "book_hotel",
        "car_rental",
        "restaurant_suggestion",
        "cancel_reservation",
        "report_fraud",
        "improve_credit_score",
        "credit_limit",
        "gas",
        "rollover_401k",
        "income",
        "balance",
        "spending_history",
        "application_status",
        "shopping_list",
        "order_checks",
        "who_do_you_work_for",
        "text",
        "uber",
    ]
)
_CLINC_SAMPLING = 3
SOURCE_ALIASES = {
    "bitext2021": "bitext_official",
    "bitext": "bitext_official",
    "clinc": "clinc150",
    "nlu++": "nlupp",
}


@dataclass(frozen=True, slots=True)
class TrainingRow:
    text: str
    source: str
    labels: npt.NDArray[np.float64]
    weight: float = 1.0


def _labels(classes: Sequence[str], unknown: Sequence[str] = ()) -> npt.NDArray[np.float64]:
    labels = np.zeros(len(CLASSES))
    for name in classes:
        labels[_CLASS_INDEX[name]] = 1.0
    for name in unknown:
        labels[_CLASS_INDEX[name]] = UNKNOWN
    return labels


def _mapped(
    intent: str, mapping: Mapping[str, list[str]], money_only: bool
) -> npt.NDArray[np.float64]:
    verdict, name = mapping.get(intent, ["no_escalate", "howto"])
    if verdict == "escalate":
        return _labels([name])
    if verdict == "no_escalate":
        return _labels([])
    return _labels(
        [], ["pricing", "refund"] if money_only else [reason.value for reason in CLASSES]
    )


def _nlupp(data: DataFolder) -> Iterator[TrainingRow]:
    for row in data.rows("intents_nlupp/dev/utterances.jsonl") or []:
        intents = set(strings(row["intents"]))
        classes = [name for intent, name in _NLUPP_INTENTS.items() if intent in intents]
        unknown = ["pricing"] if not classes and "how_much" in intents else []
        yield TrainingRow(str(row["text"]), "nlupp", _labels(classes, unknown))


def _clinc(data: DataFolder, mapping: Sequence[str]) -> Iterator[TrainingRow]:
    for number, row in enumerate(data.rows("intents_clinc150/dev/utterances.jsonl") or []):
        intent = str(row["intent"])
        if intent in mapping:
            yield TrainingRow(str(row["text"]), "clinc150", _labels([]))
        elif intent not in _CLINC_UNCLEAR and number % _CLINC_SAMPLING == 0:
            yield TrainingRow(str(row["text"]), "clinc150_other", _labels([]), 0.5)


def guardrail_rows(data: DataFolder, without: str | None = None) -> list[TrainingRow]:
    """Return all rows that fitting may use; `without` names a source to leave out."""
    mapping = json.loads((CARRIED_DATA / "guardrail_mapping.json").read_text(encoding="utf-8"))
    rows = list(_nlupp(data))
    for name, key, money_only in (
        ("banking77", "banking77_explicit (others no_escalate)", True),
        ("bitext_official", "bitext2021", False),
    ):
        rows.extend(
            TrainingRow(
                str(row["text"]), name, _mapped(str(row["intent"]), mapping[key], money_only)
            )
            for row in data.rows(f"intents_{name}/dev/utterances.jsonl") or []
        )
    rows.extend(_clinc(data, mapping["clinc150 no_escalate"]))
    rows.extend(
        TrainingRow(str(row["text"]), "handwritten", _labels(strings(row["classes"])), 2.0)
        for row in read_rows(HANDWRITTEN / "guardrails.jsonl")
    )
    left_out = (without or "").removeprefix("intents_")
    left_out = SOURCE_ALIASES.get(left_out, left_out)
    return [row for row in rows if row.source.removesuffix("_other") != left_out]
