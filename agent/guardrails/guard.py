"""Checks the hard limits before any model is called: pricing, refund, legal and the wish for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.guardrails.classifier import Classifier
from agent.guardrails.danger import find_danger
from agent.guardrails.danger_model import DangerModel
from agent.guardrails.demands import Demands
from agent.guardrails.patterns import match_all
from agent.guardrails.text import normalise
from domain.company import DEFAULT_LIMITS, Limits
from domain.danger import Danger
from domain.encoders import Encoder
from domain.languages import Language
from domain.ports import GuardrailHit
from domain.tickets import EscalationReason

WEIGHTS_DIRECTORY = Path(__file__).parent / "weights"
PATTERN_SCORE = 0.99
"""The score of a hard pattern that is neither negated nor in a benign context."""


@dataclass(frozen=True, slots=True)
class GuardrailSettings:
    """A class escalates when its calibrated probability reaches its threshold."""

    pricing: float = 0.5
    refund: float = 0.55
    legal: float = 0.5
    human_request: float = 0.65

    def threshold(self, reason: EscalationReason) -> float:
        """Return the probability from which a class counts as detected."""
        return float(getattr(self, reason.value))

    def updated(self, thresholds: Mapping[str, float]) -> GuardrailSettings:
        """Return a copy with other thresholds. Raises ValueError for an unknown class or one outside 0..1."""
        for name, value in thresholds.items():
            if name not in self.__dataclass_fields__:
                raise ValueError(f"unknown guardrail class {name!r}")
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"threshold of {name} is {value}, not within 0..1")
        return replace(self, **thresholds)


@dataclass(frozen=True, slots=True)
class Guardrails:
    """Patterns and classifier together; pure, thread-safe, under a millisecond a message."""

    classifier: Classifier
    demands: Demands
    danger: DangerModel
    settings: GuardrailSettings = field(default_factory=GuardrailSettings)

    @classmethod
    def load(
        cls, directory: Path | None = None, thresholds: Mapping[str, float] | None = None
    ) -> Guardrails:
        """Load the shipped weights, or those that `python -m evals.fit guardrails` wrote into `directory`."""
        classifier = Classifier.load(directory or WEIGHTS_DIRECTORY)
        return cls(
            classifier,
            Demands.load(WEIGHTS_DIRECTORY),
            DangerModel.load(WEIGHTS_DIRECTORY),
            GuardrailSettings().updated(thresholds or {}),
        )

    @property
    def version(self) -> str:
        """Return the weights' version."""
        return self.classifier.version

    @property
    def encoder(self) -> Encoder:
        """Return the encoder whose vectors `scores` and `check` take."""
        return self.classifier.encoder

    def with_thresholds(self, thresholds: Mapping[str, float]) -> Guardrails:
        """Return the same weights at other thresholds; classes not named keep theirs."""
        return replace(self, settings=self.settings.updated(thresholds))

    def scores(
        self, text: str, vector: npt.NDArray[np.float32]
    ) -> dict[EscalationReason, tuple[float, str]]:
        """Return each class's score and the evidence for it, whatever the thresholds."""
        clean = normalise(text)
        matches = dict(match_all(clean))
        probabilities = self.classifier.probabilities(clean, vector, list(matches.values()))
        scored = {}
        for (reason, match), probability in zip(matches.items(), probabilities, strict=True):
            score = max(float(probability), PATTERN_SCORE) if match.decides else float(probability)
            scored[reason] = (score, match.hard or match.soft or "meaning of the message")
        return scored

    def check(
        self, text: str, vector: npt.NDArray[np.float32], limits: Limits = DEFAULT_LIMITS
    ) -> list[GuardrailHit]:
        """Return the hard limits that the text touches, strongest first. `vector` is the text's unit embedding.

        A limit set to `articles` is touched by a demand alone, and not by a question.
        """
        hits = [
            GuardrailHit(reason, score, evidence)
            for reason, (score, evidence) in self.scores(text, vector).items()
            if score >= self.settings.threshold(reason)
            and (
                getattr(limits, reason.value, "always") == "always"
                or self.demands.is_demand(reason, text, vector)
            )
        ]
        return sorted(hits, key=lambda hit: -hit.score)

    def find_danger(self, text: str) -> Danger | None:
        """The danger that the text tells of, in any language that has phrases for it."""
        return find_danger(text)

    def sense_danger(
        self, text: str, encoding: npt.NDArray[np.float32], language: Language
    ) -> Danger | None:
        """The danger that the text tells of in words of its own; `language` is the customer's."""
        kind = self.danger.sense(text, encoding)
        return None if kind is None else Danger(kind, language, "meaning of the message")

    def check_many(
        self, texts: Sequence[str], vectors: npt.NDArray[np.float32]
    ) -> list[list[GuardrailHit]]:
        """`check` for each text with its row of `vectors`."""
        return [self.check(text, vector) for text, vector in zip(texts, vectors, strict=True)]
