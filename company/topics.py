"""Recognises the topics of a company profile by their words and by their nearest examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.company import Topic
from domain.languages import Language
from domain.ports import MessageEncoder, TopicHit, Vectors, vectors_of
from domain.words import stem, words

_ORDINARY = Path(__file__).parent / "ordinary.txt"
FALSE_SHARE = 0.005
"""At most this share of ordinary questions may reach the threshold of one topic, and of a profile's topics together."""
_NEIGHBOURS = 10
_SUFFIX = 4
_COMPOUND = 5
"""The shortest word that is looked for inside a longer one, as German and Dutch write them together."""
_KEPT = 8
_BATCH = 64
_LANGUAGES = (
    Language.ENGLISH,
    Language.GERMAN,
    Language.FRENCH,
    Language.SPANISH,
    Language.ITALIAN,
    Language.DUTCH,
    Language.PORTUGUESE,
)

Key = tuple[tuple[str, tuple[str, ...]], ...]
Floats = NDArray[np.float32]


@cache
def ordinary_questions() -> tuple[str, ...]:
    """Return questions of many domains that no company's topic should match."""
    lines = _ORDINARY.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


@dataclass(frozen=True, slots=True)
class _Examples:
    """A topic's example vectors and the score from which a text is near enough."""

    vectors: Vectors
    texts: tuple[str, ...]
    threshold: float


class Topics:
    """Keeps the vectors of the examples it has seen, by their texts: a change of the profile embeds what is new."""

    def __init__(self, encoder: MessageEncoder) -> None:
        self._encoder = encoder
        self._ordinary: Vectors | None = None
        self._fitted: dict[Key, dict[str, _Examples]] = {}

    async def find(
        self, topics: Sequence[Topic], texts: Sequence[str], vectors: Vectors
    ) -> list[TopicHit | None]:
        """Return for each text, with its unit vector, the topic that fits best.

        Raises Overloaded or Transient while the vectors of new examples can't be computed.
        """
        by_word = [_by_word(topics, text) for text in texts]
        if all(hit is not None for hit in by_word) or not any(topic.examples for topic in topics):
            return by_word
        fitted = await self._fit(topics)
        near = self._nearness(vectors)
        return [
            hit or self._by_example(topics, fitted, vector, distance)
            for hit, vector, distance in zip(by_word, vectors, near, strict=True)
        ]

    async def _fit(self, topics: Sequence[Topic]) -> dict[str, _Examples]:
        key = tuple((topic.id, topic.examples) for topic in topics)
        if key in self._fitted:
            return self._fitted[key]
        if self._ordinary is None:
            self._ordinary = await self._embed(ordinary_questions())
        with_examples = [topic for topic in topics if topic.examples]
        vectors = [await self._embed(topic.examples) for topic in with_examples]
        fitted = {
            topic.id: _Examples(own, topic.examples, threshold)
            for topic, own, threshold in zip(
                with_examples, vectors, self._thresholds(vectors), strict=True
            )
        }
        while len(self._fitted) >= _KEPT:
            self._fitted.pop(next(iter(self._fitted)))
        self._fitted[key] = fitted
        return fitted

    async def _embed(self, texts: Sequence[str]) -> Vectors:
        batches = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
        return np.concatenate([vectors_of(await self._encoder.encode(batch)) for batch in batches])

    def _nearness(self, vectors: Vectors) -> Floats:
        """Return how near each text is to ordinary questions, the mean cosine of its nearest ones."""
        assert self._ordinary is not None
        cosines = np.sort(vectors @ self._ordinary.T, axis=1)
        return np.asarray(cosines[:, -_NEIGHBOURS:].mean(axis=1), dtype=np.float32)

    def _thresholds(self, topics: Sequence[Vectors]) -> list[float]:
        """Return for each topic's examples the score that at most FALSE_SHARE of ordinary questions reach.

        The same share holds for all topics together, so that many topics find no more by mistake. Examples
        that lie close together, each left out in turn, raise their topic's threshold by a quarter of the way.
        """
        assert self._ordinary is not None
        cosines = np.sort(self._ordinary @ self._ordinary.T, axis=1)[:, -_NEIGHBOURS - 1 : -1]
        nearness = cosines.mean(axis=1)
        scores = np.stack(
            [(self._ordinary @ own.T).max(axis=1) - nearness for own in topics], axis=1
        )
        pooled = float(np.quantile(scores, 1 - FALSE_SHARE / len(topics)))
        thresholds = []
        for own, row in zip(topics, scores.T, strict=True):
            floor = max(pooled, float(np.quantile(row, 1 - FALSE_SHARE)))
            closest = self._left_out(own).min() if len(own) > 1 else floor
            thresholds.append(floor + 0.25 * max(0.0, float(closest) - floor))
        return thresholds

    def _left_out(self, examples: Vectors) -> Floats:
        """Return the score of each example by the others."""
        cosines = examples @ examples.T
        np.fill_diagonal(cosines, -1.0)
        return np.asarray(cosines.max(axis=1) - self._nearness(examples), dtype=np.float32)

    def _by_example(
        self,
        topics: Sequence[Topic],
        fitted: dict[str, _Examples],
        vector: Floats,
        nearness: float,
    ) -> TopicHit | None:
        best: TopicHit | None = None
        for topic in topics:
            own = fitted.get(topic.id)
            if own is None:
                continue
            cosines = own.vectors @ vector
            nearest = int(cosines.argmax())
            above = float(cosines[nearest]) - nearness - own.threshold
            if above >= 0 and (best is None or above > best.score):
                best = TopicHit(topic, above, f"like “{own.texts[nearest]}”")
        return best


def _by_word(topics: Sequence[Topic], text: str) -> TopicHit | None:
    tokens = words(text)
    for topic in topics:
        for phrase in topic.words:
            if _holds(tokens, words(phrase)):
                return TopicHit(topic, 1.0, phrase)
    return None


def _holds(tokens: Sequence[str], phrase: Sequence[str]) -> bool:
    """Whether the words of a phrase follow each other in a text, inflected or as parts of compounds."""
    length = len(phrase)
    return length > 0 and any(
        all(map(_is_same, tokens[start : start + length], phrase))
        for start in range(len(tokens) - length + 1)
    )


def _is_same(token: str, word: str) -> bool:
    if token == word:
        return True
    if len(word) < _SUFFIX or len(token) < _SUFFIX:
        return False
    if any(stem(token, language) == stem(word, language) for language in _LANGUAGES):
        return True
    part = stem(word, Language.GERMAN)
    return (
        len(part) >= _COMPOUND
        and len(token) >= len(part) + 3
        and (token.startswith(part) or token.endswith((part, word)))
    )
