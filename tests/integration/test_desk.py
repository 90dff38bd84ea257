"""Tests what staff do all day: find, tag, snooze, prioritise, mention, mark as spam, and answer with macros."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from database.pool import Pool
from domain.messages import MessageState
from domain.stores import OpenUnitOfWork
from pipeline import marks, staff
from pipeline.receive import Accepted, receive
from tests.integration.api import BASE, GRACE, HENRY, NOBODY, Api
from tests.integration.stages import by_mail, by_whatsapp

pytestmark = pytest.mark.postgres
DESK = f"{BASE}/staff/conversations"


async def wrote(
    open_uow: OpenUnitOfWork, number: int = 1, text: str = "My export is empty."
) -> Accepted:
    return await receive(open_uow, by_whatsapp(text, phone=f"+1202555{number:04d}"))


async def post(api: Api, path: str, body: object = None, status: int = 200) -> dict[str, object]:
    response = await api.client.post(f"{BASE}{path}", headers=GRACE, json=body)
    assert response.status_code == status, response.text
    answer: dict[str, object] = response.json()
    return answer


async def listed(api: Api, headers: dict[str, str] = GRACE, **params: str) -> list[str]:
    response = await api.client.get(DESK, headers=headers, params=params)
    assert response.status_code == 200, response.text
    return [line["id"] for line in response.json()["conversations"]]


async def opened(api: Api, conversation_id: UUID) -> dict[str, dict[str, object]]:
    response = await api.client.get(f"{DESK}/{conversation_id}", headers=GRACE)
    assert response.status_code == 200, response.text
    answer: dict[str, dict[str, object]] = response.json()
    return answer


@pytest.mark.parametrize(
    "typed",
    ["WHITFIELD empty", "dana.whitfield@exam", "whitfield", "example.com invoice", "invoice's empty",
     "{number}", "{tail}"],
)  # fmt: skip
async def test_a_conversation_is_found_by_name_address_number_and_words(
    api: Api, open_uow: OpenUnitOfWork, typed: str
) -> None:
    path, _ = await api.open_ticket(
        name="Dana Whitfield",
        email="dana.whitfield@example.com",
        subject="About my invoice",
        message="This invoice's page is empty since Monday.",
    )
    await api.open_ticket(name="Otto", email="otto@elsewhere.org", message="Nothing to find here.")
    number = path.rpartition("/")[2]
    q = typed.format(number=number.lower(), tail=number[4:9])
    assert await listed(api, q=q) == [str(await api.conversation_of(path))]


@pytest.mark.parametrize(
    "typed", ["+1 202 555 0007", "(202) 555-0007", "02025550007", "+1202555000"]
)
async def test_a_number_is_found_as_people_write_it(
    api: Api, open_uow: OpenUnitOfWork, typed: str
) -> None:
    wanted = await wrote(open_uow, 7)
    await wrote(open_uow, 18)
    assert await listed(api, q=typed) == [str(wanted.conversation_id)]


async def test_words_of_a_script_without_blanks_are_found_inside(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    wanted = await wrote(open_uow, 7, "请问我的发票在哪里")
    await wrote(open_uow, 8)
    assert await listed(api, q="发票") == [str(wanted.conversation_id)]


@pytest.mark.parametrize(
    "typed", ["nobody-of-this-name", "'; DROP TABLE messages; --", "%", "&|!:*"]
)
async def test_what_is_nowhere_finds_nothing(
    api: Api, open_uow: OpenUnitOfWork, typed: str
) -> None:
    await wrote(open_uow)
    assert await listed(api, q=typed) == []


async def test_tags_are_stored_once_in_lower_case_and_filter_the_queue(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    tagged, other = await wrote(open_uow, 1), await wrote(open_uow, 2)
    path = f"/staff/conversations/{tagged.conversation_id}/tags"
    assert await post(api, path, {"tags": [" VIP ", "vip", "Late  fee"]}) == {
        "tags": ["vip", "late fee"]
    }
    assert await listed(api, tag="late fee") == [str(tagged.conversation_id)]
    assert (await opened(api, tagged.conversation_id))["conversation"]["tags"] == [
        "vip",
        "late fee",
    ]
    assert (await api.client.get(f"{BASE}/staff/tags", headers=GRACE)).json()["tags"] == [
        "late fee",
        "vip",
    ]
    await post(api, path, {"tags": []})
    assert set(await listed(api)) == {str(tagged.conversation_id), str(other.conversation_id)}
    await post(api, path, {"tags": ["x" * 50]}, status=400)


async def test_a_snoozed_conversation_waits_for_nobody_until_its_time_or_the_customers_word(
    api: Api, open_uow: OpenUnitOfWork, pool: Pool
) -> None:
    one, two = await wrote(open_uow, 1), await wrote(open_uow, 2)
    until = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    for accepted in (one, two):
        await staff.take(open_uow, accepted.conversation_id, "grace")
        await post(api, f"/staff/conversations/{accepted.conversation_id}/snooze", {"until": until})
    assert await listed(api, view="mine") == []
    assert len(await listed(api, view="snoozed")) == 2
    await wrote(open_uow, 1, "Still empty!")
    assert await listed(api, view="mine") == [str(one.conversation_id)]
    assert await marks.wake_due(open_uow) == 0
    async with pool.connection() as connection:
        await connection.execute(
            "UPDATE conversations SET snoozed_until = now() - interval '1 minute'"
            " WHERE snoozed_until IS NOT NULL"
        )
    assert await marks.wake_due(open_uow) == 1
    assert len(await listed(api, view="mine")) == 2
    past = {"until": "2020-01-01T00:00:00Z"}
    await post(api, f"/staff/conversations/{two.conversation_id}/snooze", past, status=400)


async def test_a_person_may_lower_a_priority(api: Api) -> None:
    path, _ = await api.open_ticket(priority="high")
    conversation_id = await api.conversation_of(path)
    await post(api, f"/staff/conversations/{conversation_id}/priority", {"priority": "low"})
    assert (await opened(api, conversation_id))["ticket"]["priority"] == "low"


async def test_whoever_a_note_names_has_it_in_a_view_until_they_look(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    accepted = await wrote(open_uow)
    note = await post(
        api, f"/staff/conversations/{accepted.conversation_id}/notes",
        {"content": "@Henry, what do you think? (@nobody @grace x@henry)"}, status=201,
    )  # fmt: skip
    assert note["mentions"] == ["henry"]
    assert await listed(api, HENRY, view="mentioned") == [str(accepted.conversation_id)]
    assert await listed(api, view="mentioned") == []
    await api.client.post(f"{DESK}/{accepted.conversation_id}/seen", headers=HENRY)
    assert await listed(api, HENRY, view="mentioned") == []


async def test_a_macro_is_checked_filled_and_sent(api: Api, open_uow: OpenUnitOfWork) -> None:
    path, _ = await api.open_ticket(name="Dana Whitfield")
    conversation_id = await api.conversation_of(path)
    number = path.rpartition("/")[2]
    wrong = {"title": "Hello", "content": "Hello {nmae}"}
    response = await api.client.post(f"{BASE}/macros", headers=GRACE, json=wrong)
    assert response.status_code == 400
    assert "{nmae}" in response.json()["fields"]["content"]
    macro = await post(
        api, "/macros", {"title": "Hello", "content": "Hello {name}, about {ticket}: {agent} here."}, status=201
    )  # fmt: skip
    await post(api, "/macros", {"title": "Hello", "content": "Again."}, status=409)
    shown = await api.client.get(
        f"{BASE}/macros", headers=GRACE, params={"conversation": str(conversation_id)}
    )
    said = f"Hello Dana Whitfield, about {number}: grace here."
    assert [each["filled"] for each in shown.json()["macros"]] == [said]
    await staff.take(open_uow, conversation_id, "grace")
    await post(
        api, f"/staff/conversations/{conversation_id}/reply", {"macro": macro["id"]}, status=201
    )
    await post(api, f"/staff/conversations/{conversation_id}/reply", {}, status=400)
    messages = (await opened(api, conversation_id))["messages"]
    assert [message["content"] for message in messages if message["role"] == "staff"] == [said]  # type: ignore[index]
    changed = {"title": "Hi", "content": "Hi {name}."}
    macro_path = f"{BASE}/macros/{macro['id']}"
    assert (await api.client.put(macro_path, headers=GRACE, json=changed)).json()["title"] == "Hi"
    assert (await api.client.delete(macro_path, headers=GRACE)).status_code == 204
    assert (await api.client.delete(macro_path, headers=GRACE)).status_code == 404


async def test_spam_is_stored_without_a_turn_until_the_mark_is_taken_away(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    accepted = await wrote(open_uow)
    await post(api, f"/staff/conversations/{accepted.conversation_id}/spam")
    assert await listed(api) == []
    assert await listed(api, view="spam") == [str(accepted.conversation_id)]
    again = await wrote(open_uow, 1, "Buy now!")
    assert again.conversation_id == accepted.conversation_id
    async with open_uow() as uow:
        assert (await uow.messages.get(again.message_id)).state is MessageState.IGNORED
    await post(api, f"/staff/conversations/{accepted.conversation_id}/not-spam")
    assert await listed(api, view="mine") == [str(accepted.conversation_id)]


async def test_a_blocked_sender_gets_no_turn_and_a_form_its_number(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    path, _ = await api.open_ticket(email="mallory@example.com")
    conversation_id = await api.conversation_of(path)
    blocked = await post(api, f"/staff/conversations/{conversation_id}/block")
    assert (blocked["value"], blocked["is_proven"]) == ("mallory@example.com", False)
    path, token = await api.open_ticket(
        email="mallory@example.com", message="And once more, dear friend."
    )
    second = await api.conversation_of(path)
    assert set(await listed(api, view="spam")) == {str(conversation_id), str(second)}
    follow = await api.client.post(f"{path}/messages", json={"message": "Hello?"}, headers=token)
    assert follow.status_code == 201
    async with open_uow() as uow:
        states = {message.state for message in await uow.messages.of_conversation(second)}
    assert states == {MessageState.IGNORED}
    query = {"kind": "email", "value": "mallory@example.com"}
    for status in (200, 404):
        response = await api.client.delete(f"{BASE}/staff/blocked", headers=GRACE, params=query)
        assert response.status_code == status


async def test_whoever_forges_an_address_and_is_blocked_silences_nothing_of_its_owners(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    path, _ = await api.open_ticket(email="ada@example.com")
    await post(api, f"/staff/conversations/{await api.conversation_of(path)}/block")
    owners = await receive(open_uow, by_mail("My export is empty.", email="ada@example.com"))
    async with open_uow() as uow:
        assert (await uow.messages.get(owners.message_id)).state is MessageState.WAITING


async def test_staff_begin_a_conversation_by_mail_and_the_answer_comes_back_to_it(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    body = {
        "channel": "email",
        "to": "New@Example.com",
        "name": "Nora",
        "subject": "Your order",
        "content": "Hello.",
    }
    begun = await post(api, "/staff/conversations", body, status=201)
    conversation_id = UUID(str(begun["conversation_id"]))
    shown = await opened(api, conversation_id)
    assert shown["conversation"]["owner_name"] == "grace"
    assert shown["conversation"]["state"] == "waiting_for_customer"
    assert shown["ticket"]["ticket_id"]
    answer = await receive(open_uow, by_mail("Thanks, and when?", email="new@example.com"))
    assert answer.conversation_id == conversation_id
    for changed, field in (({"to": "nobody"}, "to"), ({"channel": "web_form"}, "channel")):
        response = await api.client.post(DESK, headers=GRACE, json=body | changed)
        assert (response.status_code, list(response.json()["fields"])) == (400, [field])


async def test_whatsapp_takes_a_first_message_as_a_template_alone(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    body = {"channel": "whatsapp", "to": "+12025550001", "content": "Hello."}
    refused = await post(api, "/staff/conversations", body, status=409)
    assert "template" in str(refused["detail"])
    await wrote(open_uow, 1)
    await post(api, "/staff/conversations", body, status=201)


async def test_two_customers_are_merged_and_parted_and_what_was_claimed_stays_claimed(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    proven = await wrote(open_uow)
    path, _ = await api.open_ticket(email="ada@example.com")
    claimed = await api.conversation_of(path)
    async with open_uow() as uow:
        mine = (await uow.conversations.get(proven.conversation_id)).customer_id
        other = (await uow.conversations.get(claimed)).customer_id
    merged = await post(
        api, f"/staff/customers/{other}/merge", {"customer_id": str(mine)}, status=201
    )
    assert merged["customer_id"] == str(mine)
    await post(api, f"/staff/customers/{other}/merge", {"customer_id": str(mine)}, status=409)
    shown = await opened(api, claimed)
    assert shown["customer"]["id"] == str(mine)
    assert shown["conversation"]["assurance"] == "claimed"
    assert {each["value"]: each["assurance"] for each in shown["customer"]["identifiers"]} == {  # type: ignore[attr-defined]
        "ada@example.com": "claimed", "+12025550001": "provider_attested",
    }  # fmt: skip
    async with open_uow() as uow:
        assert len(await uow.conversations.history(claimed, limit=10)) == 0
    [merge] = shown["customer"]["merges"]  # type: ignore[misc]
    await post(api, f"/staff/merges/{merge['id']}/undo")  # type: ignore[index]
    assert (await opened(api, claimed))["customer"]["id"] == str(other)


async def test_the_audit_log_names_who_did_what_page_by_page(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    accepted = await wrote(open_uow)
    for number in range(5):
        tags = [f"t{place}" for place in range(number + 1)]
        await post(api, f"/staff/conversations/{accepted.conversation_id}/tags", {"tags": tags})

    async def page(**params: str) -> dict[str, list[dict[str, object]]]:
        response = await api.client.get(f"{BASE}/staff/audit", headers=GRACE, params=params)
        assert response.status_code == 200, response.text
        answer: dict[str, list[dict[str, object]]] = response.json()
        return answer

    first = await page(actor="grace", action="tag", limit="3")
    rest = await page(actor="grace", action="tag", limit="3", cursor=str(first["next_cursor"]))
    details = [entry["detail"] for entry in first["entries"] + rest["entries"]]
    assert details == [{"tags": number + 1} for number in reversed(range(5))]
    assert rest["next_cursor"] is None
    assert (await page(subject=str(NOBODY)))["entries"] == []
    wrong: httpx.Response = await api.client.get(
        f"{BASE}/staff/audit", headers=GRACE, params={"cursor": "x"}
    )
    assert wrong.status_code == 400
