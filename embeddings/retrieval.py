"""Ranks the candidates of a vector search by cosine and words, and estimates whether they hold the answer.

`answerable` is a calibrated probability that the best article answers the question. Its weights belong
to the encoder whose cosines they were fitted on.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from domain.encoders import Encoder
from domain.errors import ConfigurationError
from domain.languages import Language, guess_language
from domain.questions import is_about
from domain.words import content_stems, words

WEIGHTS_DIRECTORY = Path(__file__).parent / "weights"
WORDS_FILE = "words.json"
"""The weights for encoders without fitted ones; they use words alone."""

_UNSAFE_IN_A_NAME = re.compile(r"[^\w.]+")
_CODE = re.compile(r"\b[A-Z]{2,6}-\d{2,4}\b")
_LEAST_DEVIATION = 0.02
_PART_LETTERS = 4
_LONGEST_WORD = 60
_LANGUAGE_CODES = frozenset(language.value for language in Language)
TUNED_FIELDS = (
    "text_weight",
    "title_weight",
    "title_cosine_weight",
    "part_weight",
    "sentence_weight",
    "answer_from",
    "offer_from",
    "missed",
)
SHORTLIST = 8
"""Passages whose sentences are compared with the question."""
_READ_FOR_LANGUAGE = 5
"""Passages by which the candidates' language is guessed."""
CODE_ARTICLES = 3
"""A code that more articles name, like COVID-19 in a FAQ on COVID, distinguishes nothing."""
CODE_SURENESS = 0.9
"""The least probability of an answer if the best article names the question's error code."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that the vector search returned.

    The similarities are cosines with the query: of the passage, of its title alone, and of its closest sentence,
    0 if the sentences were not compared. `language` is None where it has to be guessed.
    """

    chunk_id: str
    article_id: str
    title: str
    text: str
    similarity: float
    title_similarity: float = 0.0
    sentence_similarity: float = 0.0
    language: str | None = None


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
    """Weights of words, and of the title's and the closest sentence's cosine, beside the passage's cosine.

    `intercept` and `weights`, by feature, are the answerability's; `encoder` is the one that they were
    fitted on, None if they use words alone.
    """

    intercept: float
    weights: Mapping[str, float]
    encoder: Encoder | None = None
    text_weight: float = 0.03
    title_weight: float = 0.14
    title_cosine_weight: float = 0.20
    answer_from: float = 0.42
    """Probability from which the passages count as holding the answer, until a knowledge base has its own."""
    offer_from: float = 0.42
    """Probability from which the first articles are offered as a choice."""
    missed: float = 0.1
    """Share of the answerable questions that were not answered where the weights were judged."""
    part_weight: float = 0.0
    """Of runs of four letters: they meet across compounds, inflections and typing errors."""
    sentence_weight: float = 0.0


def load_settings(encoder: Encoder, directory: Path = WEIGHTS_DIRECTORY) -> RankerSettings:
    """Load the weights fitted on `encoder`, else those of `WORDS_FILE`.

    Raises ConfigurationError, with the command that fits them, if `directory` holds neither.
    """
    stored = stored_settings(directory)
    for wanted in (encoder, None):
        for settings in stored:
            if settings.encoder == wanted:
                return settings
    raise ConfigurationError(
        f"{directory} holds no ranking weights for {encoder}: python -m evals.fit retrieval fits them."
    )


def stored_settings(directory: Path = WEIGHTS_DIRECTORY) -> list[RankerSettings]:
    """Load every weights file of a folder."""
    return [_read_settings(path) for path in sorted(directory.glob("*.json"))]


def _read_settings(path: Path) -> RankerSettings:
    stored = json.loads(path.read_text(encoding="utf-8"))
    encoder = Encoder(**stored["encoder"]) if stored["encoder"] else None
    return RankerSettings(
        stored["intercept"], stored["weights"], encoder, **stored.get("ranking", {})
    )


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
    ranking = {name: getattr(settings, name) for name in TUNED_FIELDS}
    if ranking != {name: getattr(RankerSettings(0.0, {}), name) for name in TUNED_FIELDS}:
        stored["ranking"] = ranking
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    return path


class Comparison:
    """A question's words beside those of the candidates, each in its own language.

    A word weighs as much as it tells the candidates apart; one that all hold weighs little.
    """

    def __init__(self, query: str, candidates: Sequence[Candidate]) -> None:
        common = language_of(candidates)
        self.language = guess_language(query, common)
        self._query = query
        self._languages = {
            candidate.chunk_id: _own_language(candidate.language, common)
            for candidate in candidates
        }
        self._stems = {
            candidate.chunk_id: frozenset(
                content_stems(
                    f"{candidate.title} {candidate.text}", self._languages[candidate.chunk_id]
                )
            )
            for candidate in candidates
        }
        self.rarity = _rarity_of(self._stems.values())
        self._unseen = _unseen_rarity(len(candidates))
        self.terms = content_stems(query, common)
        self._candidates = candidates

    @cached_property
    def _part_rarity(self) -> dict[str, float]:
        return _rarity_of(
            parts_of_words(f"{found.title} {found.text}") for found in self._candidates
        )

    def is_foreign(self, candidate: Candidate) -> bool:
        """Whether the candidate is in another language than the question."""
        return self._languages[candidate.chunk_id] is not self.language

    def text_coverage(self, *candidates: Candidate) -> float:
        """Return the share of the question's words that passages of one article, or their title, hold."""
        held = frozenset[str]().union(*(self._stems[found.chunk_id] for found in candidates))
        return self._coverage(candidates[0], held)

    def title_coverage(self, candidate: Candidate) -> float:
        """Return the share that the title alone holds."""
        language = self._languages[candidate.chunk_id]
        return self._coverage(candidate, frozenset(content_stems(candidate.title, language)))

    def part_coverage(self, candidate: Candidate) -> float:
        """Return the share of the question's runs of letters that the passage holds."""
        held = parts_of_words(f"{candidate.title} {candidate.text}")
        parts = sorted(parts_of_words(self._query))
        return _coverage(parts, held, self._part_rarity, self._unseen)

    def _coverage(self, candidate: Candidate, held: frozenset[str]) -> float:
        terms = content_stems(self._query, self._languages[candidate.chunk_id])
        return _coverage(terms, held, self.rarity, self._unseen)


def language_of(candidates: Sequence[Candidate]) -> Language:
    """Guess the closest passages' language."""
    return guess_language(
        " ".join(
            f"{candidate.title} {candidate.text}" for candidate in candidates[:_READ_FOR_LANGUAGE]
        )
    )


def _own_language(code: str | None, otherwise: Language) -> Language:
    return Language(code) if code in _LANGUAGE_CODES else otherwise


@lru_cache(maxsize=4096)
def parts_of_words(text: str) -> frozenset[str]:
    """Return the runs of four letters in the words of a text, with marks for their ends."""
    return frozenset(
        marked[at : at + _PART_LETTERS]
        for word in words(text)
        if (marked := f"<{word[:_LONGEST_WORD]}>")
        for at in range(max(1, len(marked) - _PART_LETTERS + 1))
    )


def _rarity_of(texts: Iterable[frozenset[str]]) -> dict[str, float]:
    documents: Counter[str] = Counter()
    total = 0
    for held in texts:
        documents.update(held)
        total += 1
    return {
        term: math.log(1 + (total - count + 0.5) / (count + 0.5))
        for term, count in documents.items()
    }


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

    @classmethod
    def of_key(cls, model_key: str) -> Ranker:
        """Return the ranker of a key of the knowledge base; each model has one dimension."""
        name = Encoder.of_key(model_key, 0).model
        fitted = [settings for settings in stored_settings() if settings.encoder is not None]
        for settings in fitted:
            if settings.encoder is not None and settings.encoder.model == name:
                return cls.beside(settings.encoder)
        return cls.beside(Encoder(name, 0))

    def shortlist(self, query: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates whose sentences are worth comparing; none if these weights ask for none."""
        if not self.settings.sentence_weight or not candidates:
            return []
        hits = self.score(Comparison(query, candidates), candidates)
        hits.sort(key=lambda hit: -hit.score)
        return [hit.candidate for hit in hits[:SHORTLIST]]

    def rank(self, query: str, candidates: Sequence[Candidate]) -> Ranking:
        """Rank the candidates; without any, the probability is 0."""
        if not candidates:
            return Ranking([], 0.0)
        comparison = Comparison(query, candidates)
        scored = self.ordered(comparison, candidates)
        named = naming_articles(query, candidates) | titled(query, candidates)
        scored.sort(key=lambda hit: hit.candidate.article_id not in named)
        answerable = self._answerable(self.features(comparison, scored))
        return Ranking(
            _one_per_article_first(scored), max(answerable, CODE_SURENESS) if named else answerable
        )

    def ordered(self, comparison: Comparison, candidates: Sequence[Candidate]) -> list[Hit]:
        """Return the hits, best first; those whose sentences were compared come before all others."""
        weight = self.settings.sentence_weight
        scored = [
            replace(hit, score=hit.score + weight * hit.candidate.sentence_similarity)
            for hit in self.score(comparison, candidates)
        ]
        return sorted(
            scored,
            key=lambda hit: (
                bool(weight) and not hit.candidate.sentence_similarity,
                -hit.score,
                hit.candidate.chunk_id,
            ),
        )

    def score(self, comparison: Comparison, candidates: Sequence[Candidate]) -> list[Hit]:
        """Score by cosines and by the words that passage and title share with the question; unsorted."""
        settings = self.settings
        return [
            Hit(
                candidate,
                candidate.similarity
                + settings.title_cosine_weight * candidate.title_similarity
                + settings.text_weight * comparison.text_coverage(candidate)
                + settings.title_weight * comparison.title_coverage(candidate)
                + (
                    settings.part_weight * comparison.part_coverage(candidate)
                    if settings.part_weight
                    else 0.0
                ),
            )
            for candidate in candidates
        ]

    def features(self, comparison: Comparison, ordered: Sequence[Hit]) -> dict[str, float]:
        """Return what the answerability is estimated from; `ordered` has the best hit first."""
        weight = self.settings.sentence_weight
        plain = [hit.score - weight * hit.candidate.sentence_similarity for hit in ordered]
        return answerability_features(comparison, ordered, plain)

    def _answerable(self, features: Mapping[str, float]) -> float:
        logit = self.settings.intercept + sum(
            weight * features[name] for name, weight in self.settings.weights.items()
        )
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


def answerability_features(
    comparison: Comparison, ordered: Sequence[Hit], plain: Sequence[float]
) -> dict[str, float]:
    """Return how close the best article is, how far ahead, and how much of the question it holds.

    `plain` are the scores of `ordered` without their sentences.
    """
    best = ordered[0].candidate
    others = [
        hit.candidate.similarity for hit in ordered if hit.candidate.article_id != best.article_id
    ]
    runner_up = max(others, default=0.0)
    own = [hit.candidate for hit in ordered if hit.candidate.article_id == best.article_id]
    rest = sum(sorted(others, reverse=True)[:5]) / min(5, len(others)) if others else 0.0
    by_title = {hit.candidate.title: hit.candidate.title_similarity for hit in ordered}.values()
    # A short question resembles no title much, so the best title's lead over the others counts.
    mean, deviation = _mean_and_deviation(list(by_title))
    plain_mean, plain_deviation = _mean_and_deviation(plain)
    other_sentence = max(
        (
            hit.candidate.sentence_similarity
            for hit in ordered
            if hit.candidate.article_id != best.article_id
        ),
        default=0.0,
    )
    terms = comparison.terms
    return {
        "title_mean": mean,
        "title_lift": (max(by_title) - mean) / (deviation + _LEAST_DEVIATION),
        "title_own": best.title_similarity,
        "top": max(hit.candidate.similarity for hit in ordered),
        "margin": best.similarity - runner_up,
        "spread": best.similarity - rest,
        "coverage": comparison.text_coverage(best, *own),
        "unseen_words": sum(1 for term in set(terms) if term not in comparison.rarity)
        / max(1, len(set(terms))),
        "length": math.log1p(len(terms)),
        "lift": (plain[0] - plain_mean) / (plain_deviation + _LEAST_DEVIATION),
        "crowd": plain_mean,
        "sentence": best.sentence_similarity,
        "sentence_lead": best.sentence_similarity - other_sentence,
        "passage_coverage": comparison.text_coverage(best),
        "foreign": float(comparison.is_foreign(best)),
    }


def _mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def titled(query: str, candidates: Sequence[Candidate]) -> set[str]:
    """Return the articles that the question is about by their title: a customer picks one, or asks on about it."""
    return {candidate.article_id for candidate in candidates if is_about(query, candidate.title)}


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
