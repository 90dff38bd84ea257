"""Checks that the encoder that triage runs with is the one that guardrails, acts and sentiment were fitted on."""

from __future__ import annotations

from domain.encoders import Encoder, require_encoder


def require_triage_encoder(model: str, dimension: int | None = None) -> None:
    """`dimension` is None where the model is not loaded yet: then the name alone decides.

    Raises ConfigurationError, with the command to run, when the shipped weights belong to another one.
    """
    # Here and not above: config.yaml is read by processes that need no weights.
    from agent.acts.model import ActModel
    from agent.guardrails import Guardrails
    from sentiment.model import SentimentModel

    guardrails = Guardrails.load()
    for task, fitted_on in (
        ("guardrails", guardrails.encoder),
        ("demands", guardrails.demands.encoder),
        ("danger", guardrails.danger.encoder),
        ("acts", ActModel.load().encoder),
        ("sentiment", SentimentModel.load().encoder),
    ):
        running = Encoder(model, fitted_on.dimension if dimension is None else dimension)
        require_encoder(task, fitted_on, running)
