"""Tests the states of a conversation: every customer's message reaches somebody, and nobody's twice."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.channels import Channel
from domain.conversation_state import (
    NEW,
    Act,
    NextMove,
    Shown,
    State,
    after,
    state_of,
    stored,
)
from domain.errors import Conflict
from domain.identifiers import Assurance
from domain.records import Conversation, Ticket
from domain.tickets import Category, EscalationReason, Priority, Stage
from scripts.state_reference import REFERENCE, STATES, write_reference

PEOPLE = ("Kim", "Bo", "Lee")
SEQUENCES = 10_000
LENGTH = 12
SOMEBODY = {NextMove.AGENT, NextMove.ANYONE, NextMove.OWNER}

acts = st.lists(st.tuples(st.sampled_from(list(Act)), st.sampled_from(PEOPLE)), max_size=20)


def step(state: State, act: Act, staff: str) -> State:
    """The next state; a refused act changes nothing."""
    try:
        return after(state, act, staff)
    except Conflict:
        return state


def check(before: State, act: Act, staff: str) -> State:
    """Apply an act and check what holds after every one."""
    state = step(before, act, staff)
    if act is Act.CUSTOMER_WROTE:
        assert state.next_move in SOMEBODY
        if before.person:
            assert state == State(Stage.FOR_PERSON, before.person)
    if state.owner:
        # In one hand: the agent can't answer, and nobody else can act as the owner.
        with pytest.raises(Conflict):
            after(state, Act.AGENT_ANSWERED)
        for other in set(PEOPLE) - {state.owner}:
            for mine in (Act.TAKEN, Act.STAFF_REPLIED, Act.RELEASED, Act.RESOLVED):
                with pytest.raises(Conflict):
                    after(state, mine, other)
    assert (state.shown is Shown.WITH_PERSON) == (state.next_move is NextMove.OWNER)
    if before.next_move is NextMove.ANYONE and act is Act.AGENT_ANSWERED:
        assert state.next_move is NextMove.ANYONE
    return state


@settings(max_examples=200, deadline=None)
@given(acts)
def test_every_message_reaches_somebody_and_no_conversation_is_in_two_hands(
    sequence: list[tuple[Act, str]],
) -> None:
    state = NEW
    for act, staff in sequence:
        state = check(state, act, staff)


def test_no_random_life_of_a_conversation_ends_where_a_message_reaches_nobody() -> None:
    chance = random.Random(32)
    reached = set()
    for _ in range(SEQUENCES):
        state = NEW
        for _ in range(LENGTH):
            state = step(state, chance.choice(list(Act)), chance.choice(PEOPLE))
        reached.add(replace(state, person="Kim" if state.person else None))
        assert after(state, Act.CUSTOMER_WROTE).next_move in SOMEBODY
    assert reached == set(STATES.values())


@pytest.mark.parametrize("name", STATES)
def test_the_rows_hold_the_state(name: str) -> None:
    state = STATES[name]
    rows, now = stored(state), datetime.now(UTC)
    conversation = Conversation(
        uuid4(), uuid4(), Channel.EMAIL, Assurance.VERIFIED, None, rows.status, rows.owner,
        rows.owner_name, 1, last_owner_name=rows.last_owner_name,
    )  # fmt: skip
    ticket = Ticket(
        uuid4(), "TKT-ABCDEFGH", uuid4(), conversation.id, Channel.EMAIL, "", Category.GENERAL,
        Priority.LOW, rows.ticket, EscalationReason.REFUND, None, now, now,
    )  # fmt: skip
    assert state_of(conversation, ticket) == state


def test_small_words_reopen_nothing() -> None:
    for state in (State(Stage.RESOLVED), State(Stage.RESOLVED, "Kim"), State(Stage.FOR_PERSON)):
        assert after(state, Act.CUSTOMER_ACKNOWLEDGED) == state


def test_the_reference_is_current() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == write_reference(), (
        "run scripts/state_reference.py"
    )
