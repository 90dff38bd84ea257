"""Collects the sentiment model's training rows: human valences, our own messages, and intents that imply sentiment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from evals.datasets import HANDWRITTEN, DataFolder, Row, read_rows, strings

VALENCE_PARTS = ("tweets", "amazonReviewSnippets", "movieReviewSnippets", "nytEditorialSnippets")
PART_WEIGHTS = {
    "tweets": 3.0,
    "amazonReviewSnippets": 3.0,
    "movieReviewSnippets": 1.0,
    "nytEditorialSnippets": 1.0,
}
HANDWRITTEN_WEIGHT = 20.0
QUESTION_SCORE = 0.5
QUESTION_WEIGHT = 5.0
"""Plain questions on how something is done are neutral, and short: like no sentence of a review."""
IMPLIED_WEIGHT = 0.5
IMPLIED_ROWS = {
    "intents_nlupp": 1200,
    "intents_banking77": 2500,
    "intents_bitext_official": 800,
    "intents_clinc150": 2500,
}

_BANKING77_TROUBLE = frozenset(
    [
        "card_not_working",
        "declined_card_payment",
        "declined_cash_withdrawal",
        "declined_transfer",
        "failed_transfer",
        "top_up_failed",
        "Refund_not_showing_up",
        "balance_not_updated_after_bank_transfer",
        "balance_not_updated_after_cheque_or_cash_deposit",
        "beneficiary_not_allowed",
        "card_arrival",
        "card_swallowed",
        "cash_withdrawal_not_recognised",
        "contactless_not_working",
        "direct_debit_payment_not_recognised",
        "extra_charge_on_statement",
        "lost_or_stolen_card",
        "lost_or_stolen_phone",
        "pin_blocked",
        "transaction_charged_twice",
        "transfer_not_received_by_recipient",
        "unable_to_verify_identity",
        "virtual_card_not_working",
        "wrong_amount_of_cash_received",
        "pending_transfer",
        "pending_cash_withdrawal",
        "transfer_fee_charged",
        "card_payment_fee_charged",
        "cash_withdrawal_charge",
        "top_up_reverted",
        "card_payment_not_recognised",
        "compromised_card",
    ]
)
_BITEXT = {"complaint": 0.25, "payment_issue": 0.4, "registration_problems": 0.42}
_BITEXT_MIXED = frozenset(
    [
        "review",
        "cancel_order",
        "get_refund",
        "contact_human_agent",
        "track_refund",
        "delete_account",
    ]
)
_CLINC = {
    "thank_you": 0.8, "goodbye": 0.6, "greeting": 0.58, "lost_luggage": 0.3,
    "card_declined": 0.36, "report_fraud": 0.36, "damaged_card": 0.4, "account_blocked": 0.4,
}  # fmt: skip
_CLINC_MIXED = frozenset(("oos", "tell_joke"))
_NLUPP_MIXED = frozenset(
    ("why", "deny", "handoff", "refund", "cancel_close_leave_freeze", "lost_stolen")
)


@dataclass(frozen=True, slots=True)
class SentimentRow:
    text: str
    source: str
    score: float
    weight: float
    group: str
    """Rows of one document share a group, so that no fold tests on a document it was fitted on."""


def _nlupp(row: Row) -> float | None:
    intents = set(strings(row["intents"]))
    if "wrong_notworking_notshowing" in intents:
        return 0.36
    if "thank" in intents:
        return 0.65
    return None if intents & _NLUPP_MIXED else 0.5


def _banking77(row: Row) -> float | None:
    return 0.38 if row["intent"] in _BANKING77_TROUBLE else 0.5


def _bitext(row: Row) -> float | None:
    intent = str(row["intent"])
    return None if intent in _BITEXT_MIXED else _BITEXT.get(intent, 0.5)


def _clinc(row: Row) -> float | None:
    intent = str(row["intent"])
    return None if intent in _CLINC_MIXED else _CLINC.get(intent, 0.5)


_IMPLIED: dict[str, Callable[[Row], float | None]] = {
    "intents_nlupp": _nlupp,
    "intents_banking77": _banking77,
    "intents_bitext_official": _bitext,
    "intents_clinc150": _clinc,
}


def _implied_rows(data: DataFolder, folder: str) -> Iterator[SentimentRow]:
    scored = [
        (str(row["text"]), score)
        for row in data.rows(f"{folder}/dev/utterances.jsonl") or []
        if (score := _IMPLIED[folder](row)) is not None
    ]
    step = max(1.0, len(scored) / IMPLIED_ROWS[folder])
    for number in range(min(len(scored), IMPLIED_ROWS[folder])):
        text, score = scored[int(number * step)]
        yield SentimentRow(text, folder, score, IMPLIED_WEIGHT, f"{folder}-{number}")


def sentiment_rows(data: DataFolder, without: str | None = None) -> list[SentimentRow]:
    """All rows that fitting may use; `without` leaves out a folder or one part of sentiment_vader_gt."""
    rows = [
        SentimentRow(
            str(row["text"]),
            part,
            float(str(row["score01"])),
            PART_WEIGHTS[part],
            _document(str(row["id"])),
        )
        for part in VALENCE_PARTS
        for row in data.rows(f"sentiment_vader_gt/dev/{part}.jsonl") or []
    ]
    for folder in _IMPLIED:
        rows.extend(_implied_rows(data, folder))
    rows.extend(
        SentimentRow(
            str(row["text"]),
            "handwritten",
            float(str(row["score"])),
            HANDWRITTEN_WEIGHT,
            str(row["id"]),
        )
        for row in read_rows(HANDWRITTEN / "sentiment.jsonl")
    )
    rows.extend(
        SentimentRow(
            str(row["text"]), "handwritten", QUESTION_SCORE, QUESTION_WEIGHT, f"question-{number}"
        )
        for number, row in enumerate(read_rows(HANDWRITTEN / "product_questions.jsonl"))
    )
    left_out = {without, f"intents_{without}"} if without else set()
    if without in ("vader_gt", "sentiment_vader_gt"):
        left_out |= set(VALENCE_PARTS)
    return [row for row in rows if row.source not in left_out]


def _document(row_id: str) -> str:
    return row_id.rsplit("_", 1)[0]
