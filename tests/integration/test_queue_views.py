"""Tests the staff queue's views, order, pages and counts, and that every conversation can be reached."""

from __future__ import annotations

import pytest

from domain.conversation_state import state_of
from domain.stores import OpenUnitOfWork
from pipeline import staff
from pipeline.receive import Accepted, receive
from tests.integration.api import BASE, GRACE, Api
from tests.integration.stages import by_whatsapp

pytestmark = pytest.mark.postgres
QUEUE = f"{BASE}/staff/conversations"


async def wrote(
    open_uow: OpenUnitOfWork, number: int, text: str = "Hello, my export is empty."
) -> Accepted:
    return await receive(open_uow, by_whatsapp(text, phone=f"+1202555{number:04d}"))


async def listed(api: Api, **params: str | int) -> tuple[list[str], dict[str, int], str | None]:
    response = await api.client.get(QUEUE, headers=GRACE, params=params)
    assert response.status_code == 200, response.text
    body = response.json()
    return [line["id"] for line in body["conversations"]], body["counts"], body["next_cursor"]


async def test_a_customers_answer_to_its_owner_is_on_top_of_the_owners_view(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    mine = [await wrote(open_uow, number) for number in range(3)]
    for accepted in mine:
        await staff.take(open_uow, accepted.conversation_id, "grace")
        await staff.reply(open_uow, accepted.conversation_id, "grace", "Better now?")
    henrys = await wrote(open_uow, 7)
    await staff.take(open_uow, henrys.conversation_id, "henry")
    free = await wrote(open_uow, 8)
    await staff.take(open_uow, free.conversation_id, "henry")
    assert (await listed(api, view="mine"))[1] == {
        "waiting": 2, "mine": 3, "unassigned": 0, "snoozed": 0, "mentioned": 0, "spam": 0, "all": 5,
    }  # fmt: skip
    again = await wrote(open_uow, 1, "No, it is still empty.")
    assert again.conversation_id == mine[1].conversation_id
    ids, counts, _ = await listed(api, view="mine")
    assert ids[0] == str(again.conversation_id)
    assert (len(ids), counts["waiting"]) == (3, 3)
    waiting, _, _ = await listed(api, view="waiting")
    assert set(waiting) == {str(each.conversation_id) for each in (again, henrys, free)}
    [line] = [
        line
        for line in (await api.client.get(QUEUE, headers=GRACE)).json()["conversations"]
        if line["id"] == str(again.conversation_id)
    ]
    assert (line["state"], line["next_move"], line["unread"]) == ("with_person", "owner", 1)
    assert line["ticket_id"]
    await api.client.post(f"{QUEUE}/{again.conversation_id}/seen", headers=GRACE)
    seen = (await api.client.get(QUEUE, headers=GRACE, params={"view": "mine"})).json()
    assert seen["conversations"][0]["unread"] == 0


@pytest.mark.parametrize("sort", ["urgent", "newest", "oldest"])
async def test_every_conversation_is_on_one_of_the_pages(
    api: Api, open_uow: OpenUnitOfWork, sort: str
) -> None:
    stored = [str((await wrote(open_uow, number)).conversation_id) for number in range(7)]
    await staff.resolve(open_uow, (await wrote(open_uow, 3)).conversation_id, "grace", "done")
    found: list[str] = []
    cursor: str | None = None
    while True:
        params = {"sort": sort, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page, _, cursor = await listed(api, **params)
        found += page
        if cursor is None:
            break
    assert sorted(found) == sorted(stored)
    assert len(found) == len(stored)
    if sort == "newest":
        assert found[0] == stored[3]


async def test_a_cursor_that_is_none_of_ours_is_refused(api: Api) -> None:
    response = await api.client.get(QUEUE, headers=GRACE, params={"cursor": "abc"})
    assert (response.status_code, list(response.json()["fields"])) == (400, ["cursor"])


@pytest.mark.parametrize("words", ["export is empty", "+12025550002", "2025550002"])
async def test_a_conversation_is_found_by_words_and_number(
    api: Api, open_uow: OpenUnitOfWork, words: str
) -> None:
    wanted = await wrote(open_uow, 2)
    await wrote(open_uow, 3, "Something else.")
    assert (await listed(api, q=words))[0] == [str(wanted.conversation_id)]


async def test_the_queue_names_the_state_that_the_rows_hold(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    stored = [await wrote(open_uow, number) for number in range(5)]
    ids = [accepted.conversation_id for accepted in stored]
    for conversation_id in ids[1:4]:
        await staff.take(open_uow, conversation_id, "grace")
    await staff.reply(open_uow, ids[2], "grace", "Done.")
    await staff.resolve(open_uow, ids[3], "grace", "done")
    async with open_uow() as uow:
        ticket = await uow.tickets.current(ids[1])
    assert ticket is not None
    entries = {}
    async with open_uow() as uow:
        for entry in await uow.conversations.queue(limit=10):
            entries[entry.id] = entry.stage
        for conversation_id in ids:
            conversation = await uow.conversations.get(conversation_id)
            expected = state_of(conversation, await uow.tickets.current(conversation_id)).stage
            assert entries[conversation_id] is expected
