"""Defines the reasons for a hand-over that a model may give, as a tool's schema offers and checks them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from domain.tickets import EscalationReason

_MODEL_REASONS = [reason.value for reason in EscalationReason if reason.record.model_may_choose]


def _check_model_may_choose(reason: EscalationReason) -> EscalationReason:
    if not reason.record.model_may_choose:
        raise ValueError(f"the reason has to be one of {', '.join(_MODEL_REASONS)}")
    return reason


ModelReason = Annotated[
    EscalationReason,
    AfterValidator(_check_model_may_choose),
    WithJsonSchema({"type": "string", "enum": _MODEL_REASONS}),
]
"""A reason that a model may give: what its schema offers and what its arguments are checked against."""
