"""Checks that the sentiment score means what its scale says."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from embeddings.bert import BertEmbedder
from evals.fitting.other_languages import ANGRY, QUESTION, language_rows
from sentiment.model import SentimentModel


@lru_cache(maxsize=1)
def embedder() -> BertEmbedder:
    return BertEmbedder(threads=1)


@lru_cache(maxsize=1)
def model() -> SentimentModel:
    return SentimentModel.load()


def score(text: str) -> float:
    return float(model().score([text], embedder().encode([text]))[0])


@pytest.mark.parametrize(
    "text",
    [
        "I am absolutely furious, this is the worst service ever and nobody answers!!!",
        "You lost my data AGAIN. Disgusting, useless company.",
    ],
)
def test_an_angry_message_is_under_three_tenths(text: str) -> None:
    assert score(text) < 0.3


@pytest.mark.parametrize(
    "text", ["How do I export a board?", "My order number is 48213", "yes, the first one"]
)
def test_a_plain_question_is_about_neutral(text: str) -> None:
    assert 0.42 < score(text) < 0.65


@pytest.mark.parametrize(
    "text",
    [
        "We see a red bar saying that the payment failed because the card expired. How do we put it right?",
        "The timeline shows 'too many items to draw' and an empty page. Is this a bug or a limit?",
        "One of our interns put an access key into a public place. How do we revoke it?",
    ],
)
def test_a_calm_report_of_trouble_is_unhappy_and_not_angry(text: str) -> None:
    assert 0.3 <= score(text) < 0.6


def test_trouble_without_a_lexicon_word_is_unhappy() -> None:
    assert score("been on hold for an hour and then you hung up on me") < 0.5


def test_thanks_are_positive() -> None:
    assert score("Thank you so much, your team is wonderful!") > 0.7


def test_a_batch_scores_as_each_message_alone() -> None:
    texts = ["This is terrible", "Thanks, great help", "When do you open?"]
    batch = model().score(texts, embedder().encode(texts))
    assert batch.tolist() == pytest.approx([score(text) for text in texts], abs=0.02)


def test_every_score_lies_within_the_scale() -> None:
    texts = ["hate " * 60, "love " * 60, "", "???", "😡😡😡"]
    scores = model().score(texts, embedder().encode(texts))
    assert np.all((scores >= 0) & (scores <= 1))


def test_weights_of_other_features_are_refused(tmp_path: Path) -> None:
    folder = tmp_path
    np.savez(
        folder / "sentiment.npz",
        reading=np.zeros(4),
        lexicon=np.zeros(3),
        words=np.zeros(5),
        model="tiny",
        dimension=2,
    )
    with pytest.raises(ValueError, match="another set of features"):
        SentimentModel.load(folder)


def shares_under_escalation(kind: str) -> dict[str, float]:
    rows = [row for row in language_rows("held") if row["kind"] == kind]
    texts = [str(row["text"]) for row in rows]
    scores = model().score(texts, embedder().encode(texts))
    languages = np.array([row["language"] for row in rows])
    return {
        name: float((scores[languages == name] < 0.3).mean()) for name in sorted(set(languages))
    }


def test_a_plain_question_is_angry_in_no_language() -> None:
    """Of messages that no fit saw, about trades that it knows nothing of."""
    shares = shares_under_escalation(QUESTION)
    assert set(shares) == {"de", "es", "fr", "it", "nl"}
    assert max(shares.values()) <= 0.02
    assert max(shares_under_escalation("report").values()) <= 0.07


def test_anger_is_found_in_other_languages() -> None:
    shares = shares_under_escalation(ANGRY)
    assert min(shares.values()) >= 0.4
    assert sum(shares.values()) / len(shares) >= 0.7
