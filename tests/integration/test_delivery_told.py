"""Tests that staff are told how a reply fared, by its worst part, and can have it sent again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from channels.whatsapp import codes
from channels.whatsapp.client import refusal
from domain.channels import Channel, ChannelConfig
from domain.errors import Conflict, NotAllowedNow, ProviderRejected, ProviderUnavailable
from domain.messages import DeliveryState, MessageState, OutboundMessage, Part, Receipt
from domain.records import worst_of
from domain.stores import OpenUnitOfWork
from pipeline import staff
from pipeline.dead_letter import replay
from pipeline.deliver import Delivering, DeliverySettings
from pipeline.delivery_status import record_status
from pipeline.receive import receive
from tests.integration.api import BASE, GRACE, Api
from tests.integration.stages import RecordingSender, by_whatsapp

pytestmark = pytest.mark.postgres
Owner = asyncpg.Connection


class TwoParts(RecordingSender):
    """Sends each reply in two parts, each attempt under an id of its own."""

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        return [Part(message, index, 2, f"{message.text} ({index + 1})") for index in range(2)]

    async def send(self, part: Part) -> Receipt:
        self.sent.append(part)
        return Receipt(f"id-{len(self.sent)}", DeliveryState.SENT)


@dataclass
class Sent:
    conversation_id: UUID
    message_id: UUID
    sender: TwoParts
    delivering: Delivering


async def send(open_uow: OpenUnitOfWork) -> Sent:
    accepted = await receive(open_uow, by_whatsapp("How do I export?"))
    await staff.take(open_uow, accepted.conversation_id, "grace")
    reply = await staff.reply(open_uow, accepted.conversation_id, "grace", "Like this.")
    sender = TwoParts()
    delivering = Delivering(open_uow, {Channel.WHATSAPP: sender}, DeliverySettings())
    await delivering.deliver(reply.id)
    return Sent(accepted.conversation_id, reply.id, sender, delivering)


async def report(
    open_uow: OpenUnitOfWork, provider_id: str, state: DeliveryState, code: str | None = None
) -> None:
    await record_status(open_uow, Channel.WHATSAPP, provider_id, state, code)


async def test_a_message_is_as_delivered_as_its_worst_part_and_is_sent_again_on_demand(
    api: Api, open_uow: OpenUnitOfWork
) -> None:
    sent = await send(open_uow)
    path = f"{BASE}/staff/conversations/{sent.conversation_id}"
    retry = f"{path}/messages/{sent.message_id}/retry"

    async def shown() -> dict[str, object]:
        view = (await api.client.get(path, headers=GRACE)).json()
        return next(each for each in view["messages"] if each["role"] == "staff")

    assert (await api.client.post(retry, headers=GRACE)).status_code == 409
    await report(open_uow, "id-1", DeliveryState.FAILED, "63016")
    await report(open_uow, "id-2", DeliveryState.READ)
    reply = await shown()
    assert (reply["delivery_state"], reply["delivery"]) == (
        "failed",
        {"is_tried_again": False, "code": "63016", "words": codes.WORDS["63016"]},
    )
    assert (await api.client.post(retry, headers=GRACE)).status_code == 200
    again = await shown()
    assert (again["delivery_state"], again["delivery"]["is_tried_again"]) == ("failed", True)  # type: ignore[index]
    assert (await api.client.post(retry, headers=GRACE)).status_code == 409
    await sent.delivering.deliver(sent.message_id)
    assert [part.index for part in sent.sender.sent] == [0, 1, 0]
    await report(open_uow, "id-3", DeliveryState.READ)
    assert ((await shown())["delivery_state"], (await shown())["delivery"]) == ("read", None)


async def test_a_limit_of_rate_in_a_callback_is_tried_again_and_hands_nothing_over_at_first(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    sent = await send(open_uow)
    await report(open_uow, "id-1", DeliveryState.FAILED, "63018")
    async with open_uow() as uow:
        message = await uow.messages.get(sent.message_id)
        ticket = await uow.tickets.current(sent.conversation_id)
    assert message.state is MessageState.UNDELIVERED
    assert await owner.fetchval("SELECT retry_at > now() FROM messages WHERE id = $1", message.id)
    assert ticket is not None
    assert not ticket.waits_for_person
    await sent.delivering.deliver(sent.message_id)
    assert [part.index for part in sent.sender.sent] == [0, 1, 0]
    for number in range(3, 9):
        await report(open_uow, f"id-{number}", DeliveryState.FAILED, "63018")
        await sent.delivering.deliver(sent.message_id)
    async with open_uow() as uow:
        message = await uow.messages.get(sent.message_id)
        ticket = await uow.tickets.current(sent.conversation_id)
    assert message.state is MessageState.SETTLED
    assert ticket is not None
    assert ticket.waits_for_person


async def test_a_fault_of_ours_in_a_callback_can_be_replayed_once_it_is_mended(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    sent = await send(open_uow)
    await report(open_uow, "id-1", DeliveryState.FAILED, "63007")
    async with open_uow() as uow:
        [letter] = await uow.dead_letters.list(None, 10)
    assert "63007" in letter.cause
    assert await replay(open_uow, letter.id, "grace")
    await sent.delivering.deliver(sent.message_id)
    assert [part.index for part in sent.sender.sent] == [0, 1, 0]
    async with open_uow() as uow:
        worst = worst_of(await uow.deliveries.of_message(sent.message_id))
    assert worst is not None
    assert worst.state is DeliveryState.SENT


async def test_a_reply_of_another_conversation_is_not_sent_again(open_uow: OpenUnitOfWork) -> None:
    sent = await send(open_uow)
    with pytest.raises(Conflict):
        await staff.retry_delivery(open_uow, sent.conversation_id, sent.message_id, "grace")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (63007, ProviderUnavailable),
        (21606, ProviderUnavailable),
        (63027, ProviderUnavailable),
        (63018, ProviderUnavailable),
        (20429, ProviderUnavailable),
        (63016, NotAllowedNow),
        (63003, ProviderRejected),
        (21211, ProviderRejected),
    ],
)
def test_each_code_asks_for_what_helps(code: int, kind: type[Exception]) -> None:
    assert type(refusal(code, 400, "the provider's words")) is kind
