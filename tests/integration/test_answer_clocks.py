"""Tests that the time for a person's answer runs, is shown and told, and ends with the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from company.document import parse
from domain.conversation_state import Act
from domain.response_times import ClockKind
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason
from pipeline import staff
from pipeline.alerts import AlertLimits, current_alerts
from pipeline.company import change_company
from pipeline.hand_over import HandOver, hand_over
from pipeline.moves import move
from pipeline.receive import receive
from pipeline.response_times import ClockSetter, expected_wait_of, tell_of_late_answers
from pipeline.tell_alerts import tell_of_alerts
from tests.integration.api import BASE, GRACE, Api
from tests.integration.correspondence import ANN, a_message

pytestmark = pytest.mark.postgres
HOOK = {"kind": "webhook", "url": "https://hooks.example/x"}
PROFILE = {
    "name": "Tests",
    "sla": {
        "first_response": {"urgent": "1h", "default": "8h"},
        "next_response": {"default": "4h"},
    },
    "notifications": [{"on": ["sla.warning", "sla.breach", "alert"], "to": HOOK}],
}


class Waiting:
    def __init__(self, open_uow: OpenUnitOfWork, owner: Any) -> None:
        self.open_uow, self.owner, self.version = open_uow, owner, 1

    async def profile(self, **changes: object) -> None:
        company = parse({**PROFILE, **changes})
        self.version = await change_company(
            self.open_uow, company, replaces=self.version, author="tests"
        )

    async def customer(self, reason: EscalationReason = EscalationReason.REFUND) -> UUID:
        sender = replace(ANN, value=f"{uuid4().hex}@customers.example")
        accepted = await receive(self.open_uow, a_message(sender))
        async with self.open_uow() as uow:
            conversation = await uow.conversations.lock(accepted.conversation_id)
            await hand_over(uow, conversation, HandOver(reason, "", "rules"))
            await uow.commit()
        return accepted.conversation_id

    async def answer(self, conversation_id: UUID) -> None:
        await staff.take(self.open_uow, conversation_id, "mia")
        await staff.reply(self.open_uow, conversation_id, "mia", "Here you are.")

    async def write_again(self, conversation_id: UUID) -> None:
        async with self.open_uow() as uow:
            conversation = await uow.conversations.lock(conversation_id)
            await move(uow, conversation, Act.CUSTOMER_WROTE)
            await uow.commit()

    async def pass_time(self, hours: float) -> None:
        await self.owner.execute(
            "UPDATE answer_clocks SET warn_at = warn_at - $1::float * interval '1 hour',"
            " due_at = due_at - $1::float * interval '1 hour'",
            hours,
        )

    async def told(self) -> list[str]:
        await tell_of_late_answers(self.open_uow)
        rows = await self.owner.fetch("SELECT type FROM notification_events ORDER BY created_at")
        return [row["type"] for row in rows]


@pytest.fixture
def waiting(open_uow: OpenUnitOfWork, owner: Any) -> Waiting:
    return Waiting(open_uow, owner)


async def test_the_queue_and_the_conversation_show_until_when_a_person_answers(
    waiting: Waiting, api: Api
) -> None:
    await waiting.profile()
    conversation_id = await waiting.customer()
    queue = (await api.client.get(f"{BASE}/staff/conversations", headers=GRACE)).json()
    path = f"{BASE}/staff/conversations/{conversation_id}"
    shown = (await api.client.get(path, headers=GRACE)).json()["conversation"]["sla"]
    assert queue["conversations"][0]["sla"] == shown
    assert shown["state"] == "ok"
    assert shown["first_response_due"]
    assert shown["next_response_due"] is None
    await waiting.pass_time(7)
    assert (await api.client.get(path, headers=GRACE)).json()["conversation"]["sla"]["state"] == (
        "warning"
    )
    await waiting.answer(conversation_id)
    assert (await api.client.get(path, headers=GRACE)).json()["conversation"]["sla"] is None


async def test_the_second_answer_has_a_time_of_its_own(waiting: Waiting) -> None:
    await waiting.profile()
    conversation_id = await waiting.customer()
    await waiting.answer(conversation_id)
    await waiting.write_again(conversation_id)
    async with waiting.open_uow() as uow:
        clock = await uow.answer_clocks.get(conversation_id)
    assert clock is not None
    assert clock.kind is ClockKind.NEXT_RESPONSE
    assert (clock.due_at - clock.started_at).total_seconds() == 4 * 3600


async def test_a_late_answer_is_told_of_once_before_and_once_after_its_end(
    waiting: Waiting,
) -> None:
    await waiting.profile()
    await waiting.customer()
    assert await waiting.told() == []
    await waiting.pass_time(6.5)
    assert await waiting.told() == ["sla.warning"]
    assert await waiting.told() == ["sla.warning"]
    await waiting.pass_time(2)
    assert await waiting.told() == ["sla.warning", "sla.breach"]
    assert await waiting.told() == ["sla.warning", "sla.breach"]


async def test_what_is_late_comes_before_what_is_as_urgent_and_not_before_danger(
    waiting: Waiting, api: Api
) -> None:
    await waiting.profile(notifications=[])
    late = await waiting.customer(EscalationReason.NO_KB_MATCH)
    await waiting.owner.execute("UPDATE tickets SET priority = 'medium'")
    await waiting.pass_time(9)
    await waiting.told()
    high = await waiting.customer(EscalationReason.REFUND)
    urgent = await waiting.customer(EscalationReason.DANGER)
    queue = (await api.client.get(f"{BASE}/staff/conversations?sort=urgent", headers=GRACE)).json()
    order = [UUID(line["id"]) for line in queue["conversations"]]
    assert order[0] == urgent
    assert order.index(late) < order.index(high)


async def test_a_changed_profile_sets_running_clocks_anew(waiting: Waiting) -> None:
    await waiting.profile(sla={})
    conversation_id = await waiting.customer()
    setter = ClockSetter(waiting.open_uow)
    await setter.follow_profile()
    await waiting.profile(sla={"first_response": {"default": "2h"}})
    await setter.follow_profile()
    async with waiting.open_uow() as uow:
        clock = await uow.answer_clocks.get(conversation_id)
    assert clock is not None
    assert (clock.due_at - clock.started_at).total_seconds() == 2 * 3600


async def test_a_wait_is_expected_once_enough_customers_were_answered(waiting: Waiting) -> None:
    await waiting.profile()
    for _ in range(20):
        await waiting.answer(await waiting.customer())
    company = parse(PROFILE)
    async with waiting.open_uow() as uow:
        assert await expected_wait_of(uow, company) is not None
    for _ in range(20):
        await waiting.customer()
    await waiting.owner.execute("UPDATE conversations SET turn_since = now() - interval '9 hours'")
    async with waiting.open_uow() as uow:
        assert await expected_wait_of(uow, company) is None


async def test_whoever_waits_is_an_alert_until_a_person_takes_it(
    waiting: Waiting, api: Api
) -> None:
    conversation_id = await waiting.customer()

    async def names() -> list[str]:
        found = (await api.client.get(f"{BASE}/alerts", headers=GRACE)).json()["alerts"]
        return [alert["name"] for alert in found]

    assert "waiting_for_person" in await names()
    await staff.take(waiting.open_uow, conversation_id, "mia")
    assert "waiting_for_person" not in await names()


async def test_an_alert_is_told_once_while_it_lasts(waiting: Waiting) -> None:
    await waiting.profile()
    await waiting.customer()
    limits = AlertLimits(escalation_rate=0.0)

    async def look(limits: AlertLimits) -> list[str]:
        now = await waiting.owner.fetchval("SELECT now()")
        await tell_of_alerts(
            waiting.open_uow, lambda: current_alerts(waiting.open_uow, [], limits, now)
        )
        rows = await waiting.owner.fetch(
            "SELECT data FROM notification_events WHERE ended_at IS NULL"
        )
        return [row["data"] for row in rows]

    [told] = await look(limits)
    assert "escalation_rate" in told
    assert "waiting_for_person" not in told
    assert await look(limits) == [told]
    assert await look(AlertLimits(escalation_rate=1.0)) == []
    # Back within minutes it goes on, and nobody is told again.
    assert await look(limits) == [told]
    assert await waiting.owner.fetchval("SELECT count(*) FROM notifications") == 1
