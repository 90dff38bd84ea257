"""What one run of the agent may see and change: handed to every tool, never shown to a model as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from agent.prompts import INSTRUCTIONS
from agent.settings import AgentSettings
from domain.company import Company
from domain.ports import AgentDependencies
from domain.turns import Draft, Passage, Turn


@dataclass(frozen=True, slots=True)
class TurnContext:
    """The run context. Ids come from `turn`; the only thing that changes is `draft`."""

    turn: Turn
    draft: Draft
    dependencies: AgentDependencies
    settings: AgentSettings

    @property
    def instructions(self) -> str:
        """The prompt in force, its placeholders not yet filled in."""
        return prompt_of(self.turn.company, self.settings)

    @property
    def has_ticket(self) -> bool:
        """Whether this run has opened or taken up a ticket."""
        return self.draft.ticket is not None

    @property
    def is_decided(self) -> bool:
        """A reply or a hand-over stands in the draft; nothing may be added to it."""
        return self.draft.reply is not None or self.draft.escalation is not None

    @property
    def searches_left(self) -> int:
        """Return how many searches this run may still make."""
        return self.settings.max_searches - len(self.draft.searches)

    @property
    def usable_passages(self) -> tuple[Passage, ...]:
        """Passages of searches that hold an answer, in the order of their labels P1, P2 and so on."""
        seen: dict[object, Passage] = {}
        for result in self.draft.found:
            if result.is_answerable:
                for passage in result.passages[: self.settings.max_passages]:
                    seen.setdefault(passage.chunk_id, passage)
        return tuple(seen.values())


def label_of(position: int) -> str:
    """How the passage at `position` of `usable_passages` is called in front of a model."""
    return f"P{position + 1}"


def prompt_of(company: Company, settings: AgentSettings) -> str:
    """Return the prompt that is tried out, else the company's, else the shipped one."""
    return settings.instructions or company.instructions or INSTRUCTIONS
