"""Reads dialogues: sequences of moves, each worded four times and expected to end alike wherever it stands.

The moves of the two halves are different words about different articles: what is tuned is tuned on `tuned`, what
is reported was `held`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from domain.acts import DialogueAct
from domain.channels import Channel
from domain.languages import Language
from domain.messages import Standing
from domain.tickets import EscalationReason
from evals.conversations.scenario import SCENARIOS, WORDINGS, Act, Expectation, Scenario, Step
from evals.datasets import read_rows, strings

MOVES = SCENARIOS.with_name("moves.jsonl")
DIALOGUES = SCENARIOS.with_name("dialogues.jsonl")
TUNED, HELD = "tuned", "held"


def read_dialogues(half: str | None = None, folder: Path = SCENARIOS.parent) -> list[Scenario]:
    """Return the dialogues of a half, or of both.

    Raises ValueError for a move without its four wordings, KeyError for one that nobody wrote.
    """
    moves = {str(row["id"]): row for row in read_rows(folder / MOVES.name)}
    return [
        Scenario(
            str(row["id"]),
            f"{row['half']} dialogue",
            tuple(
                _step(moves[name], Channel(str(row["channel"]))) for name in strings(row["moves"])
            ),
        )
        for row in read_rows(folder / DIALOGUES.name)
        if half in (None, row["half"])
    ]


def _step(move: Mapping[str, object], channel: Channel) -> Step:
    wordings = tuple((text,) for text in strings(move["say"]))
    if len(wordings) != WORDINGS:
        raise ValueError(f"{move['id']}: {len(wordings)} wordings in place of {WORDINGS}")
    return Step(
        Act.WRITES,
        channel,
        wordings,
        None,
        Standing.NORMAL,
        (),
        _expectation(move),
        move=str(move["id"]),
    )


def _expectation(move: Mapping[str, object]) -> Expectation:
    reason = str(move.get("reason") or "")
    return Expectation(
        tuple(str(move["outcome"]).split("|")),
        tuple(EscalationReason(name) for name in reason.split("|") if name),
        str(move["article"]) if "article" in move else None,
        tuple(strings(move.get("sees"))),
        tuple(strings(move.get("never_sees"))),
        acts=tuple(DialogueAct(name) for name in strings(move.get("acts"))),
        language=Language(str(move["language"])),
    )
