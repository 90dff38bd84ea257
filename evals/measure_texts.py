"""Measures guardrails and sentiment on every labelled set that is present."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from evals.baselines import keyword_escalates, vader_scores
from evals.datasets import HANDWRITTEN, DataFolder, Row, read_rows
from evals.encoders import embedder, load_guardrails, load_sentiment
from evals.fitting.other_languages import ANGRY, QUESTION, language_rows
from evals.metrics import Figure, area_under_curve, bootstrap, share
from sentiment.model import SentimentModel

_RECALL_BARS = {
    "rasa_demo human": ">= 0.95",
    "nlupp refund": ">= 0.93",
    "nlupp pricing": ">= 0.93",
    "nlupp human": ">= 0.88",
}
VALENCE_BAR = {"amazonReviewSnippets": ">= 0.78"}


def measure_guardrails(data: DataFolder) -> Iterator[Figure]:
    """Recall a class and source, false escalations in all and with a trigger word."""
    rows = data.rows("guardrail_derived/dev/guardrail.jsonl")
    if rows is None:
        return
    rows = [row for row in rows if row["expect"] != "ambiguous"]
    texts = [str(row["text"]) for row in rows]
    guardrails = load_guardrails()
    hits = guardrails.check_many(texts, embedder().embed(texts))
    keyword = keyword_escalates(texts)
    found: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    clean: list[tuple[bool, bool, bool]] = []
    for row, row_hits, by_keyword in zip(rows, hits, keyword, strict=True):
        reasons = {hit.reason.value.removesuffix("_request") for hit in row_hits}
        if row["expect"] == "escalate":
            for name in str(row["cls"]).split("+"):
                found[f"{row['source']} {name}"].append((name in reasons, by_keyword))
        else:
            clean.append((bool(row_hits), by_keyword, bool(row["surface_triggers"])))
    for name, pairs in sorted(found.items()):
        recalled, baseline = zip(*pairs, strict=True)
        yield share(
            f"guardrails recall {name}",
            recalled,
            _RECALL_BARS.get(name, ">= 0.98"),
            float(np.mean(baseline)),
        )
    wrong = [pair[:2] for pair in clean]
    triggered = [pair[:2] for pair in clean if pair[2]]
    for name, pairs2, bar in (
        ("all", wrong, "<= 0.02"),
        ("with a trigger word", triggered, "<= 0.08"),
    ):
        escalated, baseline = zip(*pairs2, strict=True)
        yield share(
            f"guardrails false escalations {name}", escalated, bar, float(np.mean(baseline)), True
        )


def _measure_scores(
    name: str, negative: np.ndarray, scores: np.ndarray, vader: np.ndarray, bars: bool
) -> Iterator[Figure]:
    value, low, high = bootstrap(
        lambda rows: area_under_curve(negative[rows], -scores[rows]), len(scores)
    )
    baseline = area_under_curve(negative, -vader)
    yield Figure(
        f"sentiment {name} AUC", value, low, high, len(scores), ">= 0.88" if bars else "", baseline
    )
    yield share(
        f"sentiment {name} negative under 0.5",
        scores[negative] < 0.5,
        ">= 0.80" if bars else "",
        float((vader[negative] < 0.5).mean()),
    )
    yield share(
        f"sentiment {name} other under 0.3",
        scores[~negative] < 0.3,
        "<= 0.02" if bars else "",
        float((vader[~negative] < 0.3).mean()),
        True,
    )


def _labelled(data: DataFolder) -> Iterator[tuple[str, list[Row]]]:
    for name, path in (
        ("airline", "sentiment_airline/dev/tweets.jsonl"),
        ("amazonhelp", "sentiment_amazonhelp/dev/tweets.jsonl"),
        ("tweeteval", "sentiment_tweeteval/dev/tweets.jsonl"),
        ("sts_manual", "sentiment_sts_manual/dev/tweets.jsonl"),
    ):
        rows = data.rows(path)
        if rows is not None:
            yield name, [row for row in rows if float(str(row.get("confidence", 1.0))) >= 0.65]


def _correlation(
    human: npt.NDArray[np.float64],
    scores: npt.NDArray[np.floating],
    rows: npt.NDArray[np.int64],
) -> float:
    return float(np.corrcoef(human[rows], scores[rows])[0, 1])


def _other_languages(model: SentimentModel) -> Iterator[Figure]:
    """Measure the half of the hand-written messages that the fit never sees."""
    rows = language_rows("held")
    texts = [str(row["text"]) for row in rows]
    scores, vader = model.score(texts, embedder().encode(texts)), vader_scores(texts)
    kinds = np.array([row["kind"] for row in rows])
    languages = np.array([row["language"] for row in rows])
    for kind, bar in ((QUESTION, "<= 0.02"), ("report", "")):
        own = kinds == kind
        yield share(
            f"sentiment other languages {kind} under 0.3",
            scores[own] < 0.3,
            bar,
            float((vader[own] < 0.3).mean()),
            True,
        )
    for language in sorted(set(languages)):
        own = (kinds == ANGRY) & (languages == language)
        baseline = float((vader[own] < 0.3).mean())
        yield share(f"sentiment {language} angry under 0.3", scores[own] < 0.3, "", baseline)


def measure_sentiment(data: DataFolder) -> Iterator[Figure]:
    """Classes apart on labelled tweets and in other languages, correlation with human valences."""
    model = load_sentiment()
    yield from _other_languages(model)
    for name, rows in _labelled(data):
        texts = [str(row["text"]) for row in rows]
        negative = np.array([row["label"] == "negative" for row in rows])
        yield from _measure_scores(
            name,
            negative,
            model.score(texts, embedder().encode(texts)),
            vader_scores(texts),
            name == "airline",
        )
    for part in ("amazonReviewSnippets", "tweets"):
        rows_of_part = data.rows(f"sentiment_vader_gt/dev/{part}.jsonl")
        if rows_of_part is None:
            continue
        texts = [str(row["text"]) for row in rows_of_part]
        human = np.array([float(str(row["score01"])) for row in rows_of_part])
        scores = model.score(texts, embedder().encode(texts))
        value, low, high = bootstrap(partial(_correlation, human, scores), len(human))
        baseline = float(np.corrcoef(human, vader_scores(texts))[0, 1])
        yield Figure(
            f"sentiment {part} Pearson (fitted on)",
            value,
            low,
            high,
            len(human),
            VALENCE_BAR.get(part, ""),
            baseline,
        )


def legal_check() -> Iterator[Figure]:
    """Hand-written threats and look-alikes that no fit has seen."""
    path = HANDWRITTEN / "legal_check.jsonl"
    if not path.is_file():
        return
    rows = read_rows(path)
    texts = [str(row["text"]) for row in rows]
    hits = load_guardrails().check_many(texts, embedder().embed(texts))
    legal = np.array([any(hit.reason == "legal" for hit in found) for found in hits])
    threat = np.array([bool(row["threat"]) for row in rows])
    keyword = np.array(keyword_escalates(texts))
    yield share(
        "guardrails recall legal threats", legal[threat], "1.00", float(keyword[threat].mean())
    )
    yield share(
        "guardrails legal look-alikes escalated",
        legal[~threat],
        "0.00",
        float(keyword[~threat].mean()),
        True,
    )
