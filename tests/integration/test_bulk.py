"""Tests that one act reaches many conversations, and that its undo gives back what it changed and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.messages import MessageState
from domain.stores import OpenUnitOfWork
from pipeline import staff
from pipeline.receive import Accepted
from tests.integration.api import NOBODY, Api
from tests.integration.test_desk import listed, opened, post, wrote

pytestmark = pytest.mark.postgres


async def three(open_uow: OpenUnitOfWork) -> list[Accepted]:
    return [await wrote(open_uow, number) for number in range(3)]


async def seen(open_uow: OpenUnitOfWork, accepted: Accepted) -> tuple[object, ...]:
    """Everything that an undo has to give back."""
    async with open_uow() as uow:
        conversation = await uow.conversations.get(accepted.conversation_id)
        ticket = await uow.tickets.current(accepted.conversation_id)
        message = await uow.messages.get(accepted.message_id)
    return (
        conversation.status, conversation.owner, conversation.owner_name, conversation.tags,
        conversation.snoozed_until, conversation.is_spam, message.state, ticket.priority if ticket else None,
    )  # fmt: skip


@pytest.mark.parametrize(
    "order",
    [
        {"act": "tag", "tag": "VIP"},
        {"act": "priority", "priority": "urgent"},
        {"act": "assign", "to": "henry"},
        {"act": "resolve", "note": "Mended."},
        {"act": "spam"},
        {"act": "snooze", "until": (datetime.now(UTC) + timedelta(days=1)).isoformat()},
    ],
    ids=lambda order: order["act"],
)
async def test_an_undo_gives_back_what_a_bulk_act_changed(
    api: Api, open_uow: OpenUnitOfWork, order: dict[str, str]
) -> None:
    every = await three(open_uow)
    async with open_uow() as uow:  # A ticket, so that a priority has something to go back to.
        await uow.commit()
    await staff.take(open_uow, every[0].conversation_id, "grace")
    await staff.take(open_uow, every[1].conversation_id, "grace")
    await staff.release(open_uow, every[1].conversation_id, "grace")
    chosen = every[:2]
    before = [await seen(open_uow, accepted) for accepted in chosen]
    ids = [str(accepted.conversation_id) for accepted in chosen]
    done = await post(api, "/staff/bulk", {"ids": [*ids, str(NOBODY)], **order})
    assert done["done"] == ids
    assert [each["id"] for each in done["refused"]] == [str(NOBODY)]  # type: ignore[attr-defined]
    assert [await seen(open_uow, accepted) for accepted in chosen] != before
    undone = await post(api, f"/staff/bulk/{done['undo_id']}/undo")
    assert sorted(undone["done"]) == sorted(ids)  # type: ignore[call-overload]
    assert [await seen(open_uow, accepted) for accepted in chosen] == before
    await post(api, f"/staff/bulk/{done['undo_id']}/undo", status=409)


async def test_an_undo_leaves_alone_what_changed_since(api: Api, open_uow: OpenUnitOfWork) -> None:
    first, second, _ = await three(open_uow)
    ids = [str(first.conversation_id), str(second.conversation_id)]
    done = await post(api, "/staff/bulk", {"ids": ids, "act": "assign", "to": "henry"})
    await staff.assign(open_uow, first.conversation_id, "henry", "grace")
    undone = await post(api, f"/staff/bulk/{done['undo_id']}/undo")
    assert undone["done"] == [ids[1]]
    assert undone["refused"] == [{"id": ids[0], "why": "It changed since."}]
    assert (await opened(api, UUID(ids[0])))["conversation"]["owner_name"] == "grace"


async def test_what_waited_for_the_agent_waits_for_it_again_after_an_undo(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    accepted = await wrote(open_uow)
    ids = [str(accepted.conversation_id)]
    done = await post(api, "/staff/bulk", {"ids": ids, "act": "resolve", "note": "By mistake."})
    async with open_uow() as uow:
        assert (await uow.messages.get(accepted.message_id)).state is MessageState.ANSWERED
    await post(api, f"/staff/bulk/{done['undo_id']}/undo")
    async with open_uow() as uow:
        assert (await uow.messages.get(accepted.message_id)).state is MessageState.WAITING
        backlog = await uow.outbox.unpublished(10)
    queued = [row.value["message_id"] for row in backlog]
    assert queued.count(str(accepted.message_id)) == 2


async def test_one_that_somebody_else_holds_keeps_no_other_from_it(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    first, second, _ = await three(open_uow)
    await staff.take(open_uow, first.conversation_id, "henry")
    ids = [str(first.conversation_id), str(second.conversation_id)]
    done = await post(api, "/staff/bulk", {"ids": ids, "act": "resolve", "note": "Done."})
    assert done["done"] == [ids[1]]
    assert done["refused"] == [{"id": ids[0], "why": "henry has it."}]
    assert ids[0] in await listed(api, view="waiting")


@pytest.mark.parametrize(
    ("order", "field"),
    [({"act": "assign"}, "to"), ({"act": "resolve"}, "note"), ({"act": "snooze"}, "until"),
     ({"act": "assign", "to": "a stranger"}, "to"),
     ({"act": "snooze", "until": "2020-01-01T00:00:00Z"}, "until")],
)  # fmt: skip
async def test_an_act_that_lacks_something_changes_nothing(
    api: Api, order: dict[str, str], field: str
) -> None:
    refused = await post(api, "/staff/bulk", {"ids": [str(NOBODY)], **order}, status=400)
    assert list(refused["fields"]) == [field]  # type: ignore[call-overload]
