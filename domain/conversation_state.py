"""Defines the states of a conversation, what moves it from one to the next, and whose turn it is.

Every use case that changes who owns a conversation or whose turn it is asks `after` for the next state
(pipeline/moves.py stores it). docs/reference/conversation-states.md is made from this module.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from domain.errors import Conflict
from domain.records import Conversation, ConversationStatus, Owner, Ticket
from domain.tickets import Stage, TicketStatus


class NextMove(StrEnum):
    """Who has the next move."""

    AGENT = "agent"
    ANYONE = "anyone"
    """Any person: nobody has taken it."""
    OWNER = "owner"
    CUSTOMER = "customer"
    NOBODY = "nobody"


class Shown(StrEnum):
    """What the customer's page says; `with_person` is never shown without an owner."""

    WAITING_FOR_US = "waiting_for_us"
    WAITING_FOR_PERSON = "waiting_for_person"
    WITH_PERSON = "with_person"
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Act(StrEnum):
    """What moves a conversation. The value describes it in the reference."""

    CUSTOMER_WROTE = "the customer writes"
    CUSTOMER_ACKNOWLEDGED = "the customer writes no more than “ok”, “thanks” or 👍"
    AGENT_ANSWERED = "the agent answers"
    AGENT_DRAFTED = "the agent drafts a reply for a person to approve"
    DRAFT_APPROVED = "a person approves the draft"
    HANDED_OVER = "a hand-over: agent, customer's button, failed delivery, dead letter"
    TAKEN = "a person takes it"
    ASSIGNED = "it is assigned to a person"
    STAFF_REPLIED = "the owner replies"
    ANSWERED_OUTSIDE = "a person answers from the mailbox itself"
    RELEASED = "the owner gives it back, a message being unanswered"
    RELEASED_ANSWERED = "the owner gives it back, nothing being unanswered"
    OWNER_ABSENT = "the owner is absent for too long, or the opening hours end"
    RESOLVED = "a person resolves it"
    REOPENED = "a person opens it again"
    ERASED = "the customer is erased"


_STAFF_ACTS = frozenset(
    {Act.TAKEN, Act.ASSIGNED, Act.STAFF_REPLIED, Act.ANSWERED_OUTSIDE, Act.RELEASED,
     Act.RELEASED_ANSWERED, Act.RESOLVED, Act.REOPENED}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """A stage and the person who owns the conversation, or gets it back once it is reopened."""

    stage: Stage
    person: str | None = None

    @property
    def owner(self) -> str | None:
        """The person who owns it now, so that the agent is silent."""
        return self.person if self.stage in (Stage.FOR_PERSON, Stage.FOR_CUSTOMER) else None

    @property
    def next_move(self) -> NextMove:
        """Who has the next move."""
        match self.stage:
            case Stage.FOR_US:
                return NextMove.AGENT
            case Stage.FOR_PERSON:
                return NextMove.OWNER if self.person else NextMove.ANYONE
            case Stage.FOR_CUSTOMER:
                return NextMove.CUSTOMER
            case Stage.RESOLVED | Stage.CLOSED:
                return NextMove.NOBODY

    @property
    def is_ours(self) -> bool:
        """Whether the customer waits, for the agent or for a person."""
        return self.next_move in (NextMove.AGENT, NextMove.ANYONE, NextMove.OWNER)

    @property
    def shown(self) -> Shown:
        """What the customer sees."""
        if self.stage is Stage.FOR_PERSON and self.person:
            return Shown.WITH_PERSON
        return Shown(self.stage.value)

    @property
    def is_with_people(self) -> bool:
        """Whether a person is waited for or owns it."""
        return self.stage is Stage.FOR_PERSON or self.owner is not None


NEW = State(Stage.FOR_US)
"""Of a conversation that begins with a customer's message."""


def after(state: State, act: Act, staff: str | None = None) -> State:
    """Return the next state; `staff` is who acts, of `ASSIGNED` the person who gets it.

    Raises:
        Conflict: The act is refused; its holder is the owner who stands in the way, if one does.
    """
    if act in _STAFF_ACTS:
        if not staff:
            raise ValueError(f"{act.name} needs a person")
        return _after_staff(state, act, staff)
    match act:
        case Act.ERASED:
            return State(Stage.CLOSED)
        case Act.CUSTOMER_ACKNOWLEDGED if state.next_move is NextMove.NOBODY:
            return state
        case Act.CUSTOMER_WROTE | Act.CUSTOMER_ACKNOWLEDGED:
            if state.stage is Stage.FOR_PERSON:
                return state
            return State(Stage.FOR_PERSON, state.person) if state.person else NEW
        case Act.AGENT_ANSWERED:
            if state.owner:
                raise Conflict("a person owns the conversation", state.owner)
            return State(Stage.FOR_CUSTOMER) if state.stage is Stage.FOR_US else state
        case Act.AGENT_DRAFTED:
            if state.owner:
                raise Conflict("a person owns the conversation", state.owner)
            return NEW if state.stage is Stage.FOR_CUSTOMER else state
        case Act.DRAFT_APPROVED:
            if state.owner:
                raise Conflict("a person owns the conversation", state.owner)
            if state.next_move is NextMove.NOBODY:
                raise Conflict("it is resolved; open it again first")
            return State(Stage.FOR_CUSTOMER)
        case Act.HANDED_OVER:
            return State(Stage.FOR_PERSON, state.person)
        case Act.OWNER_ABSENT:
            return State(Stage.FOR_PERSON) if state.stage is Stage.FOR_PERSON else state
    raise ValueError(f"unknown act {act!r}")


def _after_staff(state: State, act: Act, staff: str) -> State:
    is_over = state.next_move is NextMove.NOBODY
    if state.stage is Stage.CLOSED:
        raise Conflict("the customer was erased")
    if act is Act.ANSWERED_OUTSIDE:
        return State(Stage.FOR_CUSTOMER, state.owner or staff)
    if act is Act.REOPENED:
        if not is_over:
            raise Conflict("it is not resolved", state.owner)
        return State(Stage.FOR_PERSON, staff)
    if act is Act.ASSIGNED and not is_over:
        stage = Stage.FOR_CUSTOMER if state.stage is Stage.FOR_CUSTOMER else Stage.FOR_PERSON
        return State(stage, staff)
    if _is_held_from(state, staff):
        raise Conflict("somebody else owns this conversation", state.owner)
    if is_over:
        if act in (Act.RESOLVED, Act.RELEASED, Act.RELEASED_ANSWERED):
            return state
        raise Conflict("it is resolved; open it again first")
    match act:
        case Act.TAKEN:
            return after(state, Act.ASSIGNED, staff)
        case Act.STAFF_REPLIED if state.owner != staff:
            raise Conflict("take the conversation before you answer in it")
        case Act.STAFF_REPLIED:
            return State(Stage.FOR_CUSTOMER, staff)
        case Act.RELEASED if state.stage is Stage.FOR_PERSON:
            return NEW
        case Act.RELEASED_ANSWERED if state.stage is Stage.FOR_PERSON:
            return State(Stage.FOR_CUSTOMER)
        case Act.RELEASED | Act.RELEASED_ANSWERED:
            return replace(state, person=None)
        case _:
            return State(Stage.RESOLVED, state.person)


def _is_held_from(state: State, staff: str) -> bool:
    """Return whether somebody else of staff owns it.

    An owner with an address for a name answers from the mailbox: any of the staff goes on there.
    """
    return state.owner not in (None, staff) and "@" not in (state.owner or "")


@dataclass(frozen=True, slots=True)
class StoredState:
    """A state as the rows of conversation and ticket hold it."""

    status: ConversationStatus
    owner: Owner
    owner_name: str | None
    last_owner_name: str | None
    """Of a resolved one: who gets it back."""
    ticket: TicketStatus


def stored(state: State) -> StoredState:
    """Return what the rows hold in this state."""
    match state.stage:
        case Stage.FOR_US:
            return _open(Owner.AGENT, None, TicketStatus.OPEN)
        case Stage.FOR_PERSON:
            ticket = TicketStatus.IN_PROGRESS if state.person else TicketStatus.ESCALATED
            return _open(Owner.HUMAN, state.person, ticket)
        case Stage.FOR_CUSTOMER:
            owner = Owner.HUMAN if state.person else Owner.AGENT
            return _open(owner, state.person, TicketStatus.WAITING_CUSTOMER)
        case Stage.RESOLVED:
            status, ticket = ConversationStatus.RESOLVED, TicketStatus.RESOLVED
            return StoredState(status, Owner.AGENT, None, state.person, ticket)
        case Stage.CLOSED:
            status, ticket = ConversationStatus.CLOSED, TicketStatus.CLOSED
            return StoredState(status, Owner.AGENT, None, None, ticket)


def _open(owner: Owner, name: str | None, ticket: TicketStatus) -> StoredState:
    return StoredState(ConversationStatus.OPEN, owner, name, None, ticket)


def state_of(conversation: Conversation, ticket: Ticket | None) -> State:
    """Return the state that the rows hold; `ticket` is the conversation's unresolved one, else its newest."""
    status = ticket.status if ticket is not None else None
    match conversation.status:
        case ConversationStatus.CLOSED:
            return State(Stage.CLOSED)
        case ConversationStatus.RESOLVED:
            return State(Stage.RESOLVED, conversation.last_owner_name)
        case ConversationStatus.OPEN:
            if status is TicketStatus.WAITING_CUSTOMER:
                return State(Stage.FOR_CUSTOMER, conversation.owner_name)
            is_for_person = conversation.owner is Owner.HUMAN or status is TicketStatus.ESCALATED
            return State(Stage.FOR_PERSON, conversation.owner_name) if is_for_person else NEW
