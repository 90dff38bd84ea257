"""Holds what one run's tools may see and change; no model sees it whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.prompts import INSTRUCTIONS
from agent.settings import AgentSettings
from domain.company import Company
from domain.ports import AgentDependencies
from domain.turns import Draft, Passage, Turn

Translate = Callable[[str], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class TurnContext:
    """The run's context. Ids come from `turn`; only `draft` changes."""

    turn: Turn
    draft: Draft
    dependencies: AgentDependencies
    settings: AgentSettings
    translate: Translate | None = None
    """Translates a draft into the language of the articles; None without a model that could."""
    questions: int = 1
    """How many the message asks; each may be searched as often as the settings say."""

    @property
    def instructions(self) -> str:
        """Return the prompt in force, with its placeholders."""
        return prompt_of(self.turn.company, self.settings)

    @property
    def has_ticket(self) -> bool:
        """Whether this run has opened or taken up a ticket."""
        return self.draft.ticket is not None

    @property
    def is_decided(self) -> bool:
        """Whether the draft has a reply or a hand-over; then nothing may be added."""
        return self.draft.reply is not None or self.draft.escalation is not None

    @property
    def searches_left(self) -> int:
        """Return how many searches this run may still make."""
        return self.settings.max_searches * self.questions - len(self.draft.searches)

    @property
    def max_calls(self) -> int:
        """Return how many calls the run may take: a further question may be searched for as well."""
        settings = self.settings
        return settings.max_model_calls + settings.max_searches * (self.questions - 1)

    @property
    def usable_passages(self) -> tuple[Passage, ...]:
        """Return the passages of answerable searches, in the order of their labels P1, P2 and so on."""
        seen: dict[object, Passage] = {}
        for result in self.draft.found:
            if result.is_answerable:
                for passage in result.passages[: self.settings.max_passages]:
                    seen.setdefault(passage.chunk_id, passage)
        return tuple(seen.values())


def label_of(position: int) -> str:
    """Return the name that a model knows the passage at `position` of `usable_passages` by."""
    return f"P{position + 1}"


def prompt_of(company: Company, settings: AgentSettings) -> str:
    """Return the prompt that is tried out, else the company's, else the shipped one."""
    return settings.instructions or company.instructions or INSTRUCTIONS
