"""Names an encoder, and refuses weights that were fitted on another one."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Encoder:
    """A model, by the name or folder that config.yaml gives it, and the length of its vectors.

    What computes it (int8, torch) is no part of it: the vectors are the same within rounding.
    """

    model: str
    dimension: int

    @classmethod
    def of_key(cls, model_key: str, dimension: int) -> Encoder:
        """Of a key of the knowledge base, backend:model."""
        return cls(model_key.partition(":")[2] or model_key, dimension)

    def __str__(self) -> str:
        return f"{self.model} ({self.dimension} dimensions)"


QUESTION_MARK = "query: "
"""How the models of the E5 family are told that a text is a question and not a passage."""


def as_question(model_key: str, text: str) -> str:
    """Return a question as the model of a key of the knowledge base wants it embedded."""
    name = Encoder.of_key(model_key, 0).model.rpartition("/")[2]
    return f"{QUESTION_MARK}{text}" if "e5-" in name else text


_UNRELATED_E5 = 0.72
"""These models give any two texts a cosine of about 0.7 to 1: they were trained at a low temperature (model card)."""


def cosine_in(model_key: str, cosine: float) -> float:
    """Return where a cosine of a model whose unrelated texts have about 0 lies in the range of another model."""
    unrelated = _UNRELATED_E5 if "e5-" in Encoder.of_key(model_key, 0).model else 0.0
    return unrelated + cosine * (1.0 - unrelated)


def require_encoder(task: str, fitted_on: Encoder, running: Encoder) -> None:
    """Raises ConfigurationError, with the command that fits them, for weights of another encoder."""
    if fitted_on != running:
        raise ConfigurationError(
            f"The {task} weights were fitted on {fitted_on} and can't be used with {running}."
            f" Fit them to it: python -m evals.fit {task}. Or go back to `model: {fitted_on.model}`"
            " of the embedding deployment: another model for the knowledge base alone is its"
            " `retrieval_model`."
        )
