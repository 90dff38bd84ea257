"""Writes docs/reference/conversation-states.md from domain/conversation_state.py.

python scripts/state_reference.py
"""

from __future__ import annotations

from pathlib import Path

from domain.catalogue import shipped
from domain.conversation_state import Act, NextMove, State, after, stored
from domain.errors import Conflict
from domain.languages import Language
from domain.tickets import Stage

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "conversation-states.md"

STATES = {
    "waiting for us": State(Stage.FOR_US),
    "waiting for a person, nobody yet": State(Stage.FOR_PERSON),
    "waiting for Kim": State(Stage.FOR_PERSON, "Kim"),
    "waiting for the customer": State(Stage.FOR_CUSTOMER),
    "waiting for the customer, Kim's": State(Stage.FOR_CUSTOMER, "Kim"),
    "resolved": State(Stage.RESOLVED),
    "resolved, was Kim's": State(Stage.RESOLVED, "Kim"),
    "closed": State(Stage.CLOSED),
}
NAMES = {state: name for name, state in STATES.items()}
OTHERS = {
    State(stage, "Bo"): NAMES[State(stage, "Kim")].replace("Kim", "Bo")
    for stage in (Stage.FOR_PERSON, Stage.FOR_CUSTOMER, Stage.RESOLVED)
}
NEXT_MOVE = {
    NextMove.AGENT: "the agent",
    NextMove.ANYONE: "anybody of staff",
    NextMove.OWNER: "the owner",
    NextMove.CUSTOMER: "the customer",
    NextMove.NOBODY: "nobody",
}

HEAD = """# States of a conversation

Made from `domain/conversation_state.py` by `scripts/state_reference.py`; a test compares the two. Kim is the owner
in these examples, Bo the person who acts.

A customer's message always reaches whoever has the next move. After a resolution it continues the conversation for
as long as `reopen_within` of the company profile says: it goes back to the same person, or without one to the agent,
who knows what was said. Later it opens a new conversation with a ticket of its own, linked to the earlier one. On the
ticket's page a message always continues its own ticket. A message without a thread of its own joins the conversation
that a person owns or is waited for in, however old that is.

An owner who lets a customer wait gives the conversation back to the queue: after `release_after_absence_s` of
config.yaml, or once the profile's opening hours end.

"""


def write_reference() -> str:
    """Return the page's text."""
    return f"{HEAD}## What each state means\n\n{_meanings()}\n## What moves it\n\n{_moves()}"


def _meanings() -> str:
    texts = shipped(Language.ENGLISH)
    lines = [
        "| state | next move | agent | status of the ticket | what the customer's page says |",
        "|---|---|---|---|---|",
    ]
    for name, state in STATES.items():
        agent = "silent" if state.owner or state.stage is Stage.CLOSED else "answers"
        lines.append(
            f"| {name} | {NEXT_MOVE[state.next_move]} | {agent} | {stored(state).ticket.value} "
            f"| {texts[f'state.{state.shown.value}']} |"
        )
    return "\n".join(lines) + "\n"


def _moves() -> str:
    lines = [f"| | {' | '.join(STATES)} |", f"|---|{'---|' * len(STATES)}"]
    for act in Act:
        ends = [_end(state, act) for state in STATES.values()]
        lines.append(f"| {act.value} | {' | '.join(ends)} |")
    return "\n".join(lines) + "\n"


def _end(state: State, act: Act) -> str:
    try:
        end = after(state, act, "Bo")
    except Conflict as refused:
        return f"refused: {refused}"
    return "stays" if end == state else (NAMES | OTHERS)[end]


if __name__ == "__main__":
    REFERENCE.write_text(write_reference(), encoding="utf-8")
