"""Tests that a hand-over reaches people: once by each route, repeated until somebody acts, whatever fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from company.document import parse
from domain.company import Company
from domain.errors import SendUnsure
from domain.private_hosts import PrivateHosts
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason
from notices.posting import JsonPoster
from notices.sender import TargetSender
from notices.signing import signature
from pipeline import staff
from pipeline.company import change_company
from pipeline.hand_over import HandOver, hand_over
from pipeline.notify import Notifying, acknowledge_notification, replay_notification
from pipeline.receive import receive
from tests.integration.correspondence import ANN, a_message
from tests.receiver import Received, Receiver, receiver

pytestmark = pytest.mark.postgres
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOCAL = PrivateHosts.parse("127.0.0.1")


class Desk:
    """A company with routes, conversations that are handed over, and the process that tells of them."""

    def __init__(self, open_uow: OpenUnitOfWork, owner: Any, hooks: Receiver) -> None:
        self.open_uow, self.owner, self.hooks = open_uow, owner, hooks
        self.mails: list[tuple[Sequence[str], str, str]] = []
        self.mail_error: Exception | None = None
        self.notifying = self.start()
        self.version = 1

    def start(self, private: PrivateHosts = LOCAL) -> Notifying:
        sender = TargetSender(JsonPoster(private), self._mail, {"NOTIFY_A": SecretStr(SECRET)}.get)
        return Notifying(self.open_uow, sender, lambda key: f"https://desk.example/#{key}")

    async def _mail(self, recipients: Sequence[str], subject: str, text: str) -> None:
        self.mails.append((recipients, subject, text))
        if self.mail_error is not None:
            raise self.mail_error

    async def routes(self, *routes: dict[str, object]) -> None:
        company = parse({"name": "Tests", "notifications": list(routes)})
        await self.company(company)

    async def company(self, company: Company) -> None:
        self.version = await change_company(
            self.open_uow, company, replaces=self.version, author="tests"
        )

    def hook(self, path: str, **more: object) -> dict[str, object]:
        to = {"kind": "webhook", "url": self.hooks.url + path, "secret": SECRET}
        return {"on": ["handover"], "to": to, **more}

    async def write(self) -> UUID:
        sender = replace(ANN, value=f"{uuid4().hex}@customers.example")
        accepted = await receive(self.open_uow, a_message(sender))
        return accepted.conversation_id

    async def hand_over(self, reason: EscalationReason = EscalationReason.REFUND) -> UUID:
        conversation_id = await self.write()
        async with self.open_uow() as uow:
            conversation = await uow.conversations.lock(conversation_id)
            await hand_over(uow, conversation, HandOver(reason, "wants money back", "rules"))
            await uow.commit()
        return conversation_id

    async def run(self) -> None:
        await self.notifying.run_once()
        await self.notifying.settle()

    async def pass_time(self) -> None:
        """Everything that is planned is due."""
        await self.owner.execute(
            "UPDATE notifications SET due_at = least(due_at, now()),"
            " repeat_at = CASE WHEN repeat_at > now() THEN now() ELSE repeat_at END"
        )

    async def states(self) -> list[str]:
        rows = await self.owner.fetch("SELECT state FROM notifications ORDER BY created_at, step")
        return [row["state"] for row in rows]


@pytest.fixture
async def desk(open_uow: OpenUnitOfWork, owner: Any) -> AsyncIterator[Desk]:
    async with receiver() as hooks:
        found = Desk(open_uow, owner, hooks)
        yield found
        await found.notifying.stop()


def is_signed(received: Received) -> bool:
    given = received.headers["webhook-signature"]
    stamp = int(received.headers["webhook-timestamp"])
    return given == signature(SECRET, received.id, stamp, received.body)


async def test_a_hand_over_is_told_once_by_each_route_signed_and_without_a_customers_word(
    desk: Desk,
) -> None:
    await desk.routes(desk.hook("/a"), desk.hook("/b"))
    conversation_id = await desk.hand_over()
    for _ in range(3):
        await desk.run()
    [first], [second] = desk.hooks.at("/a"), desk.hooks.at("/b")
    assert first.id != second.id
    assert is_signed(first)
    assert is_signed(second)
    body = first.json
    assert body["type"] == "handover"
    assert body["data"]["conversation_id"] == str(conversation_id)
    assert body["data"]["reason"] == "refund"
    assert body["data"]["channel"] == "email"
    assert body["data"]["url"] == f"https://desk.example/#{conversation_id}"
    assert b"export my data" not in first.body
    assert b"@customers.example" not in first.body


async def test_what_is_rolled_back_is_told_to_nobody(desk: Desk) -> None:
    await desk.routes(desk.hook("/a"))
    conversation_id = await desk.write()
    with suppress(RuntimeError):
        async with desk.open_uow() as uow:
            conversation = await uow.conversations.lock(conversation_id)
            await hand_over(uow, conversation, HandOver(EscalationReason.REFUND, "", "rules"))
            raise RuntimeError
    await desk.run()
    assert desk.hooks.received == []


async def test_routes_take_what_their_filters_let_through(desk: Desk) -> None:
    await desk.routes(
        desk.hook("/refunds", reasons=["refund"]),
        desk.hook("/legal", reasons=["legal"]),
        desk.hook("/whatsapp", channels=["whatsapp"]),
        desk.hook("/urgent", priority="urgent"),
        desk.hook("/high", priority="high"),
    )
    await desk.hand_over()
    await desk.run()
    assert sorted(each.path for each in desk.hooks.received) == ["/high", "/refunds"]


async def test_a_failed_attempt_is_repeated_under_the_same_id_and_the_same_body(desk: Desk) -> None:
    await desk.routes(desk.hook("/a"))
    desk.hooks.answers["/a"] = [500, 302, 429]
    await desk.hand_over()
    for _ in range(5):
        await desk.run()
        await desk.owner.execute("UPDATE notifications SET due_at = now()")
    sent = desk.hooks.at("/a")
    assert len(sent) == 4
    assert len({(each.id, each.body) for each in sent}) == 1
    assert await desk.states() == ["sent"]


async def test_a_route_that_hangs_delays_no_other(desk: Desk) -> None:
    await desk.routes(desk.hook("/hangs"), desk.hook("/well"))
    desk.hooks.answers["/hangs"] = [0] * 100
    for _ in range(3):
        await desk.hand_over()
    await desk.notifying.run_once()
    await desk.hooks.until(lambda: len(desk.hooks.at("/well")) == 3)
    assert len(desk.hooks.at("/hangs")) <= 3


async def test_a_process_that_dies_between_sending_and_noting_it_loses_and_doubles_nothing(
    desk: Desk,
) -> None:
    mail = {"on": ["handover"], "to": {"kind": "mail", "address": "desk@tests.example"}}
    await desk.routes(desk.hook("/a"), mail)
    desk.hooks.answers["/a"] = [0]
    await desk.hand_over()
    await desk.notifying.run_once()
    await desk.hooks.until(lambda: bool(desk.hooks.at("/a") and desk.mails))
    await desk.notifying.stop()
    # As a kill leaves it: marked, with no result.
    await desk.owner.execute("UPDATE notifications SET state = 'sending'")
    desk.notifying = desk.start()
    await desk.run()
    assert len({each.id for each in desk.hooks.at("/a")}) == 1
    assert len(desk.mails) == 1
    assert sorted(await desk.states()) == ["sent", "unsure"]


async def test_nobody_acting_is_told_again_and_to_the_next_one(desk: Desk) -> None:
    then = [{"kind": "webhook", "url": desk.hooks.url + "/second", "secret": "NOTIFY_A"}]
    await desk.routes(
        desk.hook("/first", on=["handover", "waiting_for_person"], then=then, repeat_after="10m")
    )
    await desk.hand_over()
    await desk.run()
    await desk.run()
    assert [each.json["type"] for each in desk.hooks.received] == ["handover"]
    for _ in range(2):
        await desk.pass_time()
        await desk.run()
    paths = [each.path for each in desk.hooks.received]
    assert paths == ["/first", "/second", "/second"]
    assert [each.json["type"] for each in desk.hooks.at("/second")] == ["waiting_for_person"] * 2
    assert len({each.id for each in desk.hooks.received}) == 3
    assert is_signed(desk.hooks.at("/second")[0])


async def test_a_route_for_those_who_wait_is_told_once_nobody_has_acted(desk: Desk) -> None:
    await desk.routes(desk.hook("/a", on=["waiting_for_person"]))
    await desk.hand_over()
    await desk.run()
    assert desk.hooks.received == []
    await desk.pass_time()
    await desk.run()
    [told] = desk.hooks.received
    assert told.json["type"] == "waiting_for_person"
    assert told.json["data"]["waiting_since"]


async def test_taking_answering_or_resolving_ends_it(desk: Desk) -> None:
    await desk.routes(desk.hook("/a"))
    taken, resolved = await desk.hand_over(), await desk.hand_over()
    await desk.run()
    await staff.take(desk.open_uow, taken, "mia")
    await staff.resolve(desk.open_uow, resolved, "mia", "done")
    await desk.pass_time()
    await desk.run()
    assert len(desk.hooks.received) == 2
    who = await desk.owner.fetch("SELECT acknowledged_by FROM notification_events")
    assert [row["acknowledged_by"] for row in who] == ["mia", "mia"]


async def test_what_waits_for_its_time_is_not_sent_after_a_person_has_taken_it(desk: Desk) -> None:
    await desk.routes(desk.hook("/a"))
    conversation_id = await desk.hand_over()
    await staff.take(desk.open_uow, conversation_id, "mia")
    await desk.run()
    assert desk.hooks.received == []
    assert await desk.states() == ["dropped"]


async def test_an_acknowledgement_ends_the_repetitions_of_every_route(desk: Desk) -> None:
    await desk.routes(desk.hook("/a"), desk.hook("/b"))
    await desk.hand_over()
    await desk.run()
    told = UUID(desk.hooks.at("/a")[0].id)
    notice = await acknowledge_notification(desk.open_uow, told, "mia")
    assert notice.acknowledged_by == "mia"
    await acknowledge_notification(desk.open_uow, told, "eve")
    await desk.pass_time()
    await desk.run()
    assert len(desk.hooks.received) == 2
    acts = "SELECT actor FROM audit_log WHERE action = 'acknowledge'"
    assert [row["actor"] for row in await desk.owner.fetch(acts)] == ["mia"]


async def test_a_receiver_that_is_down_gets_no_heap_of_repetitions(desk: Desk) -> None:
    await desk.routes(desk.hook("/a"))
    desk.hooks.answers["/a"] = [503] * 3
    await desk.hand_over()
    for _ in range(3):
        await desk.run()
        await desk.pass_time()
    assert await desk.states() == ["due"]
    await desk.run()
    assert len({each.id for each in desk.hooks.received}) == 1


async def test_a_replay_is_sent_under_the_same_id(desk: Desk) -> None:
    await desk.routes(desk.hook("/a"))
    await desk.hand_over()
    await desk.run()
    [first] = desk.hooks.received
    await replay_notification(desk.open_uow, UUID(first.id), "root")
    await desk.run()
    again = desk.hooks.received[1]
    assert (again.id, again.body) == (first.id, first.body)


async def test_no_private_address_is_reached_that_is_not_permitted(desk: Desk) -> None:
    await desk.routes(desk.hook("/a"))
    desk.notifying = desk.start(PrivateHosts())
    await desk.hand_over()
    await desk.run()
    assert desk.hooks.received == []
    said = await desk.owner.fetchval("SELECT last_error FROM notifications")
    assert "ALLOW_PRIVATE_HOSTS" in said


async def test_an_unsure_mail_or_slack_message_waits_for_the_repetition(desk: Desk) -> None:
    mail = {"on": ["handover"], "to": {"kind": "mail", "address": "desk@tests.example"}}
    await desk.routes(mail)
    desk.mail_error = SendUnsure("no answer")
    await desk.hand_over()
    await desk.run()
    await desk.run()
    assert len(desk.mails) == 1
    desk.mail_error = None
    await desk.pass_time()
    await desk.run()
    assert len(desk.mails) == 2
    assert await desk.states() == ["unsure", "sent"]
    recipients, subject, text = desk.mails[1]
    assert recipients == ["desk@tests.example"]
    assert "needs a person: refund" in subject
    assert "https://desk.example/#" in text


async def test_slack_gets_a_text_and_blocks(desk: Desk) -> None:
    slack = {"on": ["handover"], "to": {"kind": "slack", "url": desk.hooks.url + "/services/x"}}
    await desk.routes(slack)
    await desk.hand_over()
    await desk.run()
    [told] = desk.hooks.at("/services/x")
    assert "needs a person: refund" in told.json["text"]
    assert told.json["blocks"]


async def test_a_route_that_is_gone_from_the_profile_leaves_its_hand_overs_to_the_others(
    desk: Desk,
) -> None:
    await desk.routes(desk.hook("/a", name="old"))
    await desk.hand_over()
    await desk.routes(desk.hook("/b", name="new"))
    await desk.run()
    await desk.run()
    assert [each.path for each in desk.hooks.received] == ["/b"]


async def test_other_systems_are_told_of_messages_replies_and_ends_once(desk: Desk) -> None:
    await desk.routes(desk.hook("/crm", on=["message.received", "conversation.resolved"]))
    conversation_id = await desk.write()
    await staff.take(desk.open_uow, conversation_id, "mia")
    await staff.resolve(desk.open_uow, conversation_id, "mia", "done")
    for _ in range(2):
        await desk.pass_time()
        await desk.run()
    told = [each.json["type"] for each in desk.hooks.received]
    assert sorted(told) == ["conversation.resolved", "message.received"]


async def test_a_hundred_hand_overs_make_a_hundred_notices_through_kills(desk: Desk) -> None:
    await desk.routes(desk.hook("/a"))
    desk.hooks.answers["/a"] = [500, 0, 200, 503] * 10
    for number in range(100):
        await desk.hand_over()
        if number % 10 == 0:
            await desk.notifying.run_once()
            await asyncio.sleep(0.02)
            await desk.notifying.stop()
            desk.notifying = desk.start()
    desk.hooks.answers["/a"] = []
    async with asyncio.timeout(90):
        while set(await desk.states()) != {"sent"}:
            await desk.run()
            await desk.owner.execute("UPDATE notifications SET due_at = now()")
    assert len({each.id for each in desk.hooks.at("/a")}) == 100
    told = {each.json["data"]["conversation_id"] for each in desk.hooks.at("/a")}
    assert len(told) == 100


async def test_an_erased_customer_is_told_of_no_more(desk: Desk) -> None:
    await desk.routes(desk.hook("/a"))
    conversation_id = await desk.hand_over()
    async with desk.open_uow() as uow:
        conversation = await uow.conversations.get(conversation_id)
        await uow.customers.erase(conversation.customer_id)
        await uow.commit()
    await desk.run()
    assert desk.hooks.received == []
    assert await desk.owner.fetchval("SELECT count(*) FROM notification_events") == 0
