"""Guardrails that run in code before any model: which hard limits a customer's message touches."""

from agent.guardrails.guard import Guardrails, GuardrailSettings
from domain.ports import GuardrailHit

__all__ = ["GuardrailHit", "GuardrailSettings", "Guardrails"]
