"""Reads scenarios: a customer's steps in several wordings, and how each step has to end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from domain.acts import DialogueAct
from domain.channels import Channel
from domain.languages import Language
from domain.messages import Standing
from domain.tickets import EscalationReason, Priority
from evals.datasets import CARRIED_DATA, read_rows, strings

SCENARIOS = CARRIED_DATA / "conversations" / "scenarios.jsonl"
WORDINGS = 4
"""Each run of a scenario takes the next wording of every step."""


class Act(StrEnum):
    WRITES = "writes"
    AGAIN = "again"
    """The provider brings the message before once more."""
    TAKEN = "taken"
    """A person of ours takes the conversation over."""
    RELEASED = "released"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Expectation:
    """`outcomes` are those of a turn, `silent` (the customer hears nothing) or `told` (a message without a turn).

    Each of `sees` is found in what reached the customer, case aside; `a|b` is either. `article` is
    among the turn's stored sources (`a|b`: either); `reason` and `priority` (at least) are the ticket's. `acts` are
    those that the message may be read as, `language` is the reply's.
    """

    outcomes: tuple[str, ...]
    reasons: tuple[EscalationReason, ...] = ()
    article: str | None = None
    sees: tuple[str, ...] = ()
    never_sees: tuple[str, ...] = ()
    priority: Priority | None = None
    acts: tuple[DialogueAct, ...] = ()
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """`wordings` hold the messages of each wording: one, or several sent in a row."""

    act: Act
    channel: Channel
    wordings: tuple[tuple[str, ...], ...]
    subject: str | None
    standing: Standing
    attachments: tuple[str, ...]
    expected: Expectation | None
    move: str = ""
    """Of a dialogue's step: the move that it is."""


@dataclass(frozen=True, slots=True)
class Scenario:
    id: str
    about: str
    steps: tuple[Step, ...]


def read_scenarios(path: Path = SCENARIOS) -> list[Scenario]:
    """Raises ValueError where a step has not as many wordings as are run."""
    return [_scenario(row) for row in read_rows(path)]


def _scenario(row: Mapping[str, object]) -> Scenario:
    steps = row["steps"]
    if not isinstance(steps, list):
        raise TypeError(f"{row['id']}: steps are a list")
    return Scenario(
        str(row["id"]),
        str(row["about"]),
        tuple(_step(str(row["id"]), Channel(str(row["channel"])), step) for step in steps),
    )


def _step(scenario: str, channel: Channel, row: Mapping[str, object]) -> Step:
    act = Act(str(row.get("act", Act.WRITES)))
    said = row.get("say")
    wordings = tuple(
        tuple(strings(wording)) if isinstance(wording, list) else (str(wording),)
        for wording in (said if isinstance(said, list) else [])
    )
    if act is Act.WRITES and len(wordings) != WORDINGS:
        raise ValueError(f"{scenario}: {len(wordings)} wordings in place of {WORDINGS}")
    return Step(
        act,
        Channel(str(row.get("channel", channel))),
        wordings,
        str(row["subject"]) if "subject" in row else None,
        Standing(str(row.get("standing", Standing.NORMAL))),
        tuple(strings(row.get("attachments"))),
        _expectation(row) if "outcome" in row else None,
    )


def _expectation(row: Mapping[str, object]) -> Expectation:
    reason, priority, article = row.get("reason"), row.get("priority"), row.get("article")
    return Expectation(
        tuple(str(row["outcome"]).split("|")),
        tuple(EscalationReason(name) for name in str(reason).split("|")) if reason else (),
        str(article) if article else None,
        tuple(strings(row.get("sees"))),
        tuple(strings(row.get("never_sees"))),
        Priority(str(priority)) if priority else None,
    )
