"""Ranks the candidates of a vector search by cosine and words, and estimates whether they hold the answer.

`answerable` is a calibrated probability that the best article answers the question. Its weights belong
to the encoder whose cosines they were fitted on.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from domain.encoders import Encoder
from domain.errors import ConfigurationError
from domain.languages import Language, guess_language
from domain.words import content_stems

WEIGHTS_DIRECTORY = Path(__file__).parent / "weights"
WORDS_FILE = "words.json"
"""The weights for encoders without fitted ones; they use words alone."""

_UNSAFE_IN_A_NAME = re.compile(r"[^\w.]+")
_CODE = re.compile(r"\b[A-Z]{2,6}-\d{2,4}\b")
_LEAST_DEVIATION = 0.02
_READ_FOR_LANGUAGE = 5
"""Passages by which the candidates' language is guessed."""
CODE_ARTICLES = 3
"""A code that more articles name, like COVID-19 in a FAQ on COVID, distinguishes nothing."""
CODE_SURENESS = 0.9
"""The least probability of an answer if the best article names the question's error code."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that the vector search returned.

    The similarities are cosines of the passage, and of its title alone, with the query.
    """

    chunk_id: str
    article_id: str
    title: str
    text: str
    similarity: float
    title_similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its rank score, comparable within one query only."""

    candidate: Candidate
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages, each article's best before any second one, and the probability of an answer."""

    hits: list[Hit]
    answerable: float


@dataclass(frozen=True, slots=True)
class RankerSettings:
    """Weights of the words in text and title and of the title's cosine, beside the passage's cosine.

    `intercept` and `weights`, by feature, are the answerability's; `encoder` is the one that they were
    fitted on, None if they use words alone.
    """

    intercept: float
    weights: Mapping[str, float]
    encoder: Encoder | None = None
    text_weight: float = 0.03
    title_weight: float = 0.14
    title_cosine_weight: float = 0.20


def load_settings(encoder: Encoder, directory: Path = WEIGHTS_DIRECTORY) -> RankerSettings:
    """Load the weights fitted on `encoder`, else those of `WORDS_FILE`.

    Raises ConfigurationError, with the command that fits them, if `directory` holds neither.
    """
    stored = [_read_settings(path) for path in sorted(directory.glob("*.json"))]
    for wanted in (encoder, None):
        for settings in stored:
            if settings.encoder == wanted:
                return settings
    raise ConfigurationError(
        f"{directory} holds no ranking weights for {encoder}: python -m evals.fit retrieval fits them."
    )


def _read_settings(path: Path) -> RankerSettings:
    stored = json.loads(path.read_text(encoding="utf-8"))
    encoder = Encoder(**stored["encoder"]) if stored["encoder"] else None
    return RankerSettings(stored["intercept"], stored["weights"], encoder)


def save_settings(settings: RankerSettings, fitted_on: str, directory: Path) -> Path:
    """Write the answerability weights into a file named for the encoder, and return its path.

    `fitted_on` tells readers of the file which rows were used.
    """
    model = settings.encoder.model if settings.encoder else ""
    name = f"{_UNSAFE_IN_A_NAME.sub('-', model).strip('-')}.json" if model else WORDS_FILE
    stored = {
        "encoder": asdict(settings.encoder) if settings.encoder else None,
        "fitted_on": fitted_on,
        "intercept": settings.intercept,
        "weights": dict(settings.weights),
    }
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    return path


def language_of(candidates: Sequence[Candidate]) -> Language:
    """Guess the closest passages' language, in which their words are compared with the question's."""
    return guess_language(
        " ".join(
            f"{candidate.title} {candidate.text}" for candidate in candidates[:_READ_FOR_LANGUAGE]
        )
    )


def rarity_of(candidates: Sequence[Candidate], language: Language) -> dict[str, float]:
    """Return how much each word distinguishes candidates; a word that all hold weighs little."""
    documents: Counter[str] = Counter()
    for candidate in candidates:
        documents.update(_terms_of(candidate, language))
    total = len(candidates)
    return {
        term: math.log(1 + (total - count + 0.5) / (count + 0.5))
        for term, count in documents.items()
    }


def _terms_of(candidate: Candidate, language: Language) -> frozenset[str]:
    return frozenset(content_stems(f"{candidate.title} {candidate.text}", language))


def _unseen_rarity(candidates: int) -> float:
    """Return the rarity of a word that none of so many candidates holds."""
    return math.log(1 + (candidates + 0.5) / 0.5)


def _coverage(
    query: Sequence[str], terms: frozenset[str], rarity: Mapping[str, float], unseen: float
) -> float:
    """Return the share of the query's weight that `terms` hold."""
    weights = {term: rarity.get(term, unseen) for term in query}
    total = sum(weights.values())
    return (
        sum(weight for term, weight in weights.items() if term in terms) / total if total else 0.0
    )


class Ranker:
    """Ranks candidates and estimates whether they hold the answer."""

    def __init__(self, settings: RankerSettings) -> None:
        self.settings = settings

    @classmethod
    @lru_cache(maxsize=16)
    def beside(cls, encoder: Encoder) -> Ranker:
        """Return the ranker with the shipped weights for candidates that `encoder` found."""
        return cls(load_settings(encoder))

    def rank(self, query: str, candidates: Sequence[Candidate]) -> Ranking:
        """Rank the candidates; without any, the probability is 0."""
        if not candidates:
            return Ranking([], 0.0)
        language = language_of(candidates)
        terms = content_stems(query, language)
        rarity = rarity_of(candidates, language)
        scored = self.score(terms, candidates, rarity, language)
        named = naming_articles(query, candidates)
        scored.sort(
            key=lambda hit: (
                hit.candidate.article_id not in named,
                -hit.score,
                hit.candidate.chunk_id,
            )
        )
        answerable = self._answerable(answerability_features(terms, scored, rarity, language))
        return Ranking(
            _one_per_article_first(scored), max(answerable, CODE_SURENESS) if named else answerable
        )

    def score(
        self,
        terms: Sequence[str],
        candidates: Sequence[Candidate],
        rarity: Mapping[str, float],
        language: Language,
    ) -> list[Hit]:
        """Score by cosines and by the words that passage and title share with `terms`; unsorted."""
        unseen = _unseen_rarity(len(candidates))
        return [
            Hit(
                candidate,
                candidate.similarity
                + self.settings.title_cosine_weight * candidate.title_similarity
                + self.settings.text_weight
                * _coverage(
                    terms,
                    _terms_of(candidate, language),
                    rarity,
                    unseen,
                )
                + self.settings.title_weight
                * _coverage(
                    terms, frozenset(content_stems(candidate.title, language)), rarity, unseen
                ),
            )
            for candidate in candidates
        ]

    def _answerable(self, features: Mapping[str, float]) -> float:
        logit = self.settings.intercept + sum(
            weight * features[name] for name, weight in self.settings.weights.items()
        )
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


def answerability_features(
    terms: Sequence[str],
    scored: Sequence[Hit],
    rarity: Mapping[str, float],
    language: Language,
) -> dict[str, float]:
    """Return how close the best article is, how far ahead, and how much of the question it holds."""
    best = scored[0].candidate
    others = [
        hit.candidate.similarity for hit in scored if hit.candidate.article_id != best.article_id
    ]
    runner_up = max(others, default=0.0)
    own = frozenset(
        term
        for hit in scored
        if hit.candidate.article_id == best.article_id
        for term in _terms_of(hit.candidate, language)
    )
    rest = sum(sorted(others, reverse=True)[:5]) / min(5, len(others)) if others else 0.0
    by_title = {hit.candidate.title: hit.candidate.title_similarity for hit in scored}.values()
    # A short question resembles no title much, so the best title's lead over the others counts.
    mean = sum(by_title) / len(by_title)
    deviation = math.sqrt(sum((similarity - mean) ** 2 for similarity in by_title) / len(by_title))
    return {
        "title_mean": mean,
        "title_lift": (max(by_title) - mean) / (deviation + _LEAST_DEVIATION),
        "title_own": best.title_similarity,
        "top": max(hit.candidate.similarity for hit in scored),
        "margin": best.similarity - runner_up,
        "spread": best.similarity - rest,
        "coverage": _coverage(terms, own, rarity, _unseen_rarity(len(scored))),
        "unseen_words": sum(1 for term in set(terms) if term not in rarity)
        / max(1, len(set(terms))),
        "length": math.log1p(len(terms)),
    }


def naming_articles(query: str, candidates: Sequence[Candidate]) -> set[str]:
    """Return the articles, if few, that name an error code of the question, such as SSO-403."""
    named: set[str] = set()
    for code in set(_CODE.findall(query.upper())):
        articles = {
            candidate.article_id
            for candidate in candidates
            if code in f"{candidate.title} {candidate.text}".upper()
        }
        if len(articles) <= CODE_ARTICLES:
            named |= articles
    return named


def _one_per_article_first(scored: Sequence[Hit]) -> list[Hit]:
    seen: set[str] = set()
    first: list[Hit] = []
    later: list[Hit] = []
    for hit in scored:
        (later if hit.candidate.article_id in seen else first).append(hit)
        seen.add(hit.candidate.article_id)
    return first + later
