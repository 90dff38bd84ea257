"""Does one thing to many conversations, each in a transaction of its own, and undoes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from domain import topics
from domain.conversation_state import State, state_of
from domain.desk import BulkAct, clean_tags
from domain.errors import Conflict, Malformed, NotFound
from domain.messages import MessageState, Role
from domain.records import Conversation
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import Priority, Stage
from pipeline import marks, staff
from pipeline.moves import restore
from pipeline.queueing import queue_message

_MOVES = (BulkAct.ASSIGN, BulkAct.RESOLVE, BulkAct.SPAM)
_UNANSWERED = (MessageState.WAITING, MessageState.WITH_HUMAN)


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """What to do, with what the act needs."""

    act: BulkAct
    to: str | None = None
    tag: str | None = None
    priority: Priority | None = None
    until: datetime | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What was done; `undo_id` is None where nothing was."""

    undo_id: UUID | None
    done: Sequence[UUID]
    refused: Mapping[UUID, str]
    """Why, by conversation."""


async def act_on(
    open_uow: OpenUnitOfWork, conversation_ids: Sequence[UUID], order: BulkOrder, by: str
) -> BulkResult:
    """Do it to each conversation; one that refuses keeps no other from it.

    Raises:
        Malformed: The act lacks what it needs.
    """
    _check(order)
    undo_id = uuid4()
    done: list[Mapping[str, object]] = []
    refused: dict[UUID, str] = {}
    for conversation_id in dict.fromkeys(conversation_ids):
        try:
            async with open_uow() as uow:
                conversation = await uow.conversations.lock(conversation_id)
                before = await _snapshot(uow, conversation)
                await _do(uow, conversation, order, by)
                after = await _snapshot(
                    uow, await uow.conversations.get(conversation_id), with_messages=False
                )
                await uow.commit()
        except NotFound:
            refused[conversation_id] = "It is not there."
        except Conflict as error:
            refused[conversation_id] = (
                f"{error.holder} has it." if error.holder else f"{str(error).capitalize()}."
            )
        else:
            done.append({"id": str(conversation_id), "before": before, "after": after})
    if not done:
        return BulkResult(None, [], refused)
    async with open_uow() as uow:
        await uow.bulk_acts.add(undo_id, by, order.act, done)
        detail = {"act": order.act.value, "conversations": len(done)}
        await uow.audit.add(by, "bulk", "bulk_act", str(undo_id), detail)
        await uow.commit()
    return BulkResult(undo_id, [UUID(str(each["id"])) for each in done], refused)


async def undo(open_uow: OpenUnitOfWork, undo_id: UUID, by: str) -> BulkResult:
    """Give back what a bulk act changed, where nothing else happened since.

    Raises:
        NotFound: There is no such act.
        Conflict: It is already undone.
    """
    async with open_uow() as uow:
        stored = await uow.bulk_acts.lock(undo_id)
        if stored.undone_at is not None:
            raise Conflict("it is already undone")
        await uow.bulk_acts.mark_undone(undo_id)
        await uow.audit.add(by, "bulk_undone", "bulk_act", str(undo_id))
        done: list[UUID] = []
        refused: dict[UUID, str] = {}
        # In the order of ids, as other bulk acts would wait for each other otherwise.
        for each in sorted(stored.before, key=lambda each: str(each["id"])):
            conversation_id = UUID(str(each["id"]))
            try:
                conversation = await uow.conversations.lock(conversation_id)
            except NotFound:
                refused[conversation_id] = "It is not there."
                continue
            if await _give_back(uow, conversation, stored.act, each):
                done.append(conversation_id)
            else:
                refused[conversation_id] = "It changed since."
        await uow.commit()
    return BulkResult(None, done, refused)


def _check(order: BulkOrder) -> None:
    needed = {
        BulkAct.ASSIGN: "to",
        BulkAct.TAG: "tag",
        BulkAct.UNTAG: "tag",
        BulkAct.PRIORITY: "priority",
        BulkAct.SNOOZE: "until",
        BulkAct.RESOLVE: "note",
    }.get(order.act)
    if needed is not None and not getattr(order, needed):
        raise Malformed("incomplete", {needed: "is required"})
    if order.tag is not None:
        clean_tags([order.tag])
    if order.until is not None and order.until <= datetime.now(UTC):
        raise Malformed("not in the future", {"until": "must be in the future"})


async def _do(uow: UnitOfWork, conversation: Conversation, order: BulkOrder, by: str) -> None:
    match order.act:
        case BulkAct.ASSIGN if order.to:
            await staff.assign_within(uow, conversation, by, order.to)
        case BulkAct.TAG if order.tag:
            tags = clean_tags([*conversation.tags, order.tag])
            await marks.set_tags(uow, conversation, tags, by)
        case BulkAct.UNTAG if order.tag:
            [removed] = clean_tags([order.tag])
            tags = [tag for tag in conversation.tags if tag != removed]
            await marks.set_tags(uow, conversation, tags, by)
        case BulkAct.PRIORITY if order.priority:
            await marks.set_priority(uow, conversation, order.priority, by)
        case BulkAct.SNOOZE:
            await marks.set_snooze(uow, conversation, order.until, by, datetime.now(UTC))
        case BulkAct.RESOLVE if order.note:
            await staff.resolve_within(uow, conversation, by, order.note)
        case BulkAct.SPAM:
            await marks.set_spam(uow, conversation, by)
        case _:
            raise ValueError(f"an incomplete {order.act}")


async def _snapshot(
    uow: UnitOfWork, conversation: Conversation, *, with_messages: bool = True
) -> dict[str, object]:
    ticket = await uow.tickets.current(conversation.id)
    state = state_of(conversation, ticket)
    messages = await uow.messages.of_conversation(conversation.id) if with_messages else []
    until = conversation.snoozed_until
    return {
        "stage": state.stage.value,
        "person": state.person,
        "tags": list(conversation.tags),
        "priority": ticket.priority.value if ticket else None,
        "snoozed_until": until.isoformat() if until else None,
        "is_spam": conversation.is_spam,
        "messages": {
            str(message.id): message.state.value
            for message in messages
            if message.role is Role.CUSTOMER and message.state in _UNANSWERED
        },
    }


async def _give_back(
    uow: UnitOfWork, conversation: Conversation, act: BulkAct, kept: Mapping[str, object]
) -> bool:
    before, after = _mapping(kept["before"]), _mapping(kept["after"])
    now = await _snapshot(uow, conversation, with_messages=False)
    names = ("stage", "person") if act in _MOVES else (_FIELD[act],)
    if any(now[name] != after[name] for name in names):
        return False
    match act:
        case BulkAct.TAG | BulkAct.UNTAG:
            await uow.marks.set_tags(conversation.id, _texts(before["tags"]))
        case BulkAct.PRIORITY:
            ticket = await uow.tickets.current(conversation.id)
            if ticket is not None and before["priority"]:
                await uow.tickets.set_priority(ticket.id, Priority(str(before["priority"])))
        case BulkAct.SNOOZE:
            until = before["snoozed_until"]
            await uow.marks.snooze(
                conversation.id, datetime.fromisoformat(str(until)) if until else None
            )
        case BulkAct.ASSIGN | BulkAct.RESOLVE | BulkAct.SPAM:
            person = before["person"]
            state = State(Stage(str(before["stage"])), str(person) if person else None)
            if act is BulkAct.SPAM:
                await uow.marks.set_spam(conversation.id, bool(before["is_spam"]))
            await restore(uow, conversation, state)
            await _unanswer(uow, conversation.id, _mapping(before["messages"]))
    return True


_FIELD = {
    BulkAct.TAG: "tags",
    BulkAct.UNTAG: "tags",
    BulkAct.PRIORITY: "priority",
    BulkAct.SNOOZE: "snoozed_until",
}


async def _unanswer(uow: UnitOfWork, conversation_id: UUID, states: Mapping[str, object]) -> None:
    """Let the messages that nobody answered wait again, and queue those that wait for the agent."""
    for message in await uow.messages.of_conversation(conversation_id):
        known = states.get(str(message.id))
        if known is None or message.state.value == known:
            continue
        await uow.messages.set_state([message.id], MessageState(str(known)), message.turn_id)
        if known == MessageState.WAITING.value:
            await queue_message(uow, topics.INCOMING, message)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
