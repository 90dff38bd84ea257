"""Checks that attempts at a message are counted in the database, and a dead reader's mark on one is a strike
against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from domain import topics
from domain.attempts import Begin
from domain.errors import ProviderUnavailable, StaleTurn
from domain.messages import MessageState, Role
from domain.retry import RetryPolicy
from domain.stores import OpenUnitOfWork
from pipeline.attempts import Attempting, Dead, Start, queue_due
from pipeline.dead_letter import dead_letter, replay
from pipeline.queueing import send_message
from pipeline.receive import receive
from pipeline.relay import sweep
from tests.integration.stages import by_form, by_mail, by_whatsapp

pytestmark = pytest.mark.postgres
Owner = asyncpg.Connection

THREE = RetryPolicy(
    max_attempts=3, first_delay=timedelta(hours=1), longest_delay=timedelta(hours=1)
)


async def fails(_: UUID) -> None:
    raise ProviderUnavailable("not now", timedelta(hours=1))


async def succeeds(_: UUID) -> None:
    return None


async def waiting(open_uow: OpenUnitOfWork, *addresses: str) -> list[UUID]:
    """Messages that were accepted and published, in order."""
    return [
        (await receive(open_uow, by_mail("Hello?", address))).message_id for address in addresses
    ]


async def begin(reader: Attempting, message_id: UUID, is_alone: bool = False) -> Begin | None:
    [begun] = await reader.begin([Start(message_id, is_alone)])
    return begun.outcome if begun is not None else None


async def attempt(reader: Attempting, message_id: UUID, retry: RetryPolicy) -> Dead | None:
    """A failing one. The message has to be free to begin."""
    [begun] = await reader.begin([Start(message_id, False)])
    assert begun is not None
    assert begun.outcome is Begin.BEGUN
    return await reader.work_on(message_id, fails, retry, begun.attempts)


async def let_time_pass(owner: Owner) -> None:
    """Every message is due and every reader silent."""
    await owner.execute(
        "UPDATE messages SET retry_at = retry_at - interval '1 day',"
        " queued_at = queued_at - interval '1 day'"
    )
    await owner.execute("UPDATE readers SET seen_at = seen_at - interval '1 day'")


async def published(owner: Owner) -> None:
    await owner.execute("UPDATE outbox SET published_at = now()")


async def queued(owner: Owner) -> Sequence[UUID]:
    rows = await owner.fetch(
        "SELECT value ->> 'message_id' AS id FROM outbox o WHERE published_at IS NULL ORDER BY o.id"
    )
    return [UUID(row["id"]) for row in rows]


async def test_whoever_reads_a_message_next_goes_on_counting_and_waiting(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    [message] = await waiting(open_uow, "a@example.com")
    ends: list[Dead | None] = []
    for _ in range(3):
        ends.append(await attempt(Attempting(open_uow, MessageState.WAITING), message, THREE))
        if ends[-1] is None:
            assert await begin(Attempting(open_uow, MessageState.WAITING), message) is Begin.WAITS
            await let_time_pass(owner)
    assert ends[:2] == [None, None]
    assert ends[2] is not None
    assert ends[2].attempts == 3
    assert "ProviderUnavailable after 3 attempts" in ends[2].cause


async def test_what_waits_for_its_next_attempt_is_queued_once_and_then(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    [message] = await waiting(open_uow, "a@example.com")
    await published(owner)
    await attempt(Attempting(open_uow, MessageState.WAITING), message, THREE)
    await owner.execute("UPDATE messages SET queued_at = now() - interval '1 hour'")
    assert await queue_due(open_uow) == 0
    assert await sweep(open_uow, timedelta(minutes=1)) == 0
    await let_time_pass(owner)
    assert await queue_due(open_uow) == 1
    assert await queue_due(open_uow) == 0
    assert await queued(owner) == [message]


async def test_what_was_queued_for_its_next_attempt_in_vain_is_swept_up(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    [message] = await waiting(open_uow, "a@example.com")
    await attempt(Attempting(open_uow, MessageState.WAITING), message, THREE)
    await let_time_pass(owner)
    assert await queue_due(open_uow) == 1
    await published(owner)
    await owner.execute(
        "UPDATE messages SET queued_at = queued_at - interval '1 hour',"
        " retry_at = retry_at - interval '2 hours', created_at = created_at - interval '1 day'"
    )
    assert await sweep(open_uow, timedelta(minutes=1)) == 1


async def test_a_message_waits_behind_its_customers_earlier_one_and_behind_nobody_elses(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    first, second, other = await waiting(
        open_uow, "a@example.com", "a@example.com", "b@example.com"
    )
    await published(owner)
    reader = Attempting(open_uow, MessageState.WAITING)
    await attempt(reader, first, THREE)
    assert await begin(reader, second) is Begin.WAITS
    assert await begin(reader, other) is Begin.BEGUN
    await let_time_pass(owner)
    # Due, but not begun: whatever is read first now, the order stays.
    assert await begin(reader, second) is Begin.WAITS
    assert await queue_due(open_uow) == 2
    assert await queued(owner) == [first, second]
    assert await begin(reader, second) is Begin.WAITS
    assert await begin(reader, first) is Begin.BEGUN
    assert await begin(reader, second) is Begin.BEGUN


async def test_a_reply_waits_behind_an_earlier_one_on_its_own_channel_alone(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    first = await reply_to(open_uow, by_whatsapp("Hello?"))
    second = await reply_to(open_uow, by_whatsapp("Hello?"))
    by_form_too = await reply_to(open_uow, by_form("Hello?"))
    await owner.execute("UPDATE messages SET customer_id = (SELECT id FROM customers LIMIT 1)")
    reader = Attempting(open_uow, MessageState.UNDELIVERED)
    await attempt(reader, first, THREE)
    assert await begin(reader, second) is Begin.WAITS
    assert await begin(reader, by_form_too) is Begin.BEGUN


async def test_a_reply_that_the_broker_hands_over_first_does_not_overtake_the_one_before_it(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    first = await reply_to(open_uow, by_whatsapp("Hello?"))
    second = await reply_to(open_uow, by_whatsapp("Hello?"))
    await published(owner)
    reader = Attempting(open_uow, MessageState.UNDELIVERED)
    assert await begin(reader, second) is Begin.WAITS
    assert await queue_due(open_uow) == 2
    assert await queued(owner) == [first, second]
    await attempt(reader, first, THREE)
    assert await begin(reader, second) is Begin.WAITS


async def test_a_reply_that_can_not_go_out_does_not_hold_back_the_one_after_it(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    broken = await reply_to(open_uow, by_whatsapp("Hello?"))
    later = await reply_to(open_uow, by_whatsapp("Hello?"))
    for _ in range(2):
        await attempt(Attempting(open_uow, MessageState.UNDELIVERED), broken, THREE)
        await let_time_pass(owner)
    dead = await attempt(Attempting(open_uow, MessageState.UNDELIVERED), broken, THREE)
    assert dead is not None
    await dead_letter(
        open_uow,
        topic=topics.OUTGOING,
        key=None,
        value=b"",
        origin="test",
        message_id=broken,
        cause=dead.cause,
        attempts=dead.attempts,
    )
    reader = Attempting(open_uow, MessageState.UNDELIVERED)
    assert await begin(reader, later) is Begin.BEGUN


async def test_a_message_whose_readers_died_twice_is_not_begun_a_third_time(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    [message] = await waiting(open_uow, "a@example.com")
    assert await begin(Attempting(open_uow, MessageState.WAITING), message) is Begin.BEGUN
    await let_time_pass(owner)
    second = Attempting(open_uow, MessageState.WAITING)
    assert await begin(second, message) is Begin.SUSPECT
    assert await begin(second, message, is_alone=True) is Begin.BEGUN
    await let_time_pass(owner)
    assert await begin(Attempting(open_uow, MessageState.WAITING), message) is Begin.KILLER


async def test_those_that_were_under_way_beside_a_killer_get_no_second_strike(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    killer, *others = await waiting(open_uow, *(f"c{number}@example.com" for number in range(4)))
    first = Attempting(open_uow, MessageState.WAITING)
    for message in (killer, *others):
        assert await begin(first, message) is Begin.BEGUN
    await let_time_pass(owner)
    second = Attempting(open_uow, MessageState.WAITING)
    for message in (killer, *others):
        assert await begin(second, message) is Begin.SUSPECT
    assert await begin(second, killer, is_alone=True) is Begin.BEGUN
    await let_time_pass(owner)
    third = Attempting(open_uow, MessageState.WAITING)
    assert await begin(third, killer) is Begin.KILLER
    for message in others:
        assert await begin(third, message, is_alone=True) is Begin.BEGUN


async def test_a_restart_a_rebalance_and_a_lost_race_are_no_strikes(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    [message] = await waiting(open_uow, "a@example.com")

    async def is_overtaken(_: UUID) -> None:
        raise StaleTurn("another turn took it over")

    for _ in range(4):
        living = Attempting(open_uow, MessageState.WAITING)
        assert await begin(living, message) is Begin.BEGUN
        # The next reader gets the record while this one lives.
        overtaking = Attempting(open_uow, MessageState.WAITING)
        assert await begin(overtaking, message) is Begin.BEGUN
        await living.work_on(message, is_overtaken, THREE, 0)
        await overtaking.work_on(message, is_overtaken, THREE, 0)
        await let_time_pass(owner)


async def test_a_failure_that_was_told_takes_the_strike_away(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    [message] = await waiting(open_uow, "a@example.com")
    await begin(Attempting(open_uow, MessageState.WAITING), message)
    await let_time_pass(owner)
    reader = Attempting(open_uow, MessageState.WAITING)
    assert await begin(reader, message, is_alone=True) is Begin.BEGUN
    assert await reader.work_on(message, fails, THREE, 0) is None
    await let_time_pass(owner)
    assert await begin(reader, message) is Begin.BEGUN


async def test_a_reader_that_was_overtaken_counts_nothing(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    [message] = await waiting(open_uow, "a@example.com")
    frozen, successor = (
        Attempting(open_uow, MessageState.WAITING),
        Attempting(open_uow, MessageState.WAITING),
    )
    await begin(frozen, message)
    await begin(successor, message)
    await frozen.work_on(message, fails, THREE, 0)
    assert await owner.fetchval("SELECT attempts FROM messages") == 0
    assert await begin(successor, message) is Begin.BEGUN


async def test_a_replayed_message_has_all_its_attempts_again(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    [message] = await waiting(open_uow, "a@example.com")
    await attempt(Attempting(open_uow, MessageState.WAITING), message, THREE)
    await dead_letter(
        open_uow,
        topic=topics.INCOMING,
        key=None,
        value=b"",
        origin="test",
        message_id=message,
        cause="test",
        attempts=3,
    )
    letter = await owner.fetchval("SELECT id FROM dead_letters")
    assert await replay(open_uow, letter, "ann")
    assert await attempt(Attempting(open_uow, MessageState.WAITING), message, THREE) is None
    assert await owner.fetchval("SELECT attempts FROM messages WHERE id = $1", message) == 1


async def test_what_waits_for_its_next_attempt_makes_no_stage_late(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    [message] = await waiting(open_uow, "a@example.com")
    await attempt(Attempting(open_uow, MessageState.WAITING), message, THREE)
    async with open_uow() as uow:
        assert await uow.messages.oldest_since(MessageState.WAITING) is None


async def test_nothing_is_begun_that_is_done_or_unknown(open_uow: OpenUnitOfWork) -> None:
    [message] = await waiting(open_uow, "a@example.com")
    reader = Attempting(open_uow, MessageState.UNDELIVERED)
    assert await begin(reader, message) is None
    assert await begin(reader, uuid4()) is None


async def reply_to(open_uow: OpenUnitOfWork, inbound: object) -> UUID:
    accepted = await receive(open_uow, inbound)  # type: ignore[arg-type]
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(accepted.conversation_id)
        reply = await send_message(
            uow, conversation, role=Role.AGENT, author="test", content="Yes.", trace_id=None
        )
        await uow.commit()
    return reply.id


async def test_a_reader_that_only_stood_still_takes_its_strike_back(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    """However often processes pause in turn, no customer gets an apology for it."""
    [message] = await waiting(open_uow, "a@example.com")
    readers = [Attempting(open_uow, MessageState.WAITING) for _ in range(3)]
    for turn in range(6):
        reader = readers[turn % 3]
        await reader.beat()
        assert await begin(reader, message, is_alone=True) is Begin.BEGUN
        strikes = await owner.fetchval("SELECT strikes FROM messages WHERE id = $1", message)
        assert strikes == min(turn, 1)
        await owner.execute("UPDATE readers SET seen_at = now() - interval '10 seconds'")
        if turn > 0:
            # The reader before this one goes on.
            await readers[(turn - 1) % 3].beat()
    assert await owner.fetchval("SELECT count(*) FROM dead_letters") == 0
