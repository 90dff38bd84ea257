"""Detects the hard limits that a message touches, in code, before any model is called."""

from agent.guardrails.guard import Guardrails, GuardrailSettings
from domain.ports import GuardrailHit

__all__ = ["GuardrailHit", "GuardrailSettings", "Guardrails"]
