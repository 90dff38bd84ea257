"""Checks that replies on the web form's page are delivered by being stored."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from channels.web_form.sender import WebFormSender
from domain.channels import Channel, ChannelConfig
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.messages import DeliveryState, OutboundMessage

CONFIG = ChannelConfig(
    channel=Channel.WEB_FORM,
    tone="",
    max_words=300,
    preferred_chars=None,
    max_chars=None,
    burst_window=timedelta(0),
)


async def test_a_reply_is_one_part_and_delivered_at_once_under_its_own_key() -> None:
    message = OutboundMessage(
        key=uuid4(),
        channel=Channel.WEB_FORM,
        recipient=Identifier(IdentifierKind.EMAIL, "anna@example.com", Assurance.CLAIMED),
        recipient_name="Anna",
        text="A long answer. " * 500,
        ticket_number="TKT-0123456789",
    )
    sender = WebFormSender()
    (part,) = sender.split(message, CONFIG)
    receipt = await sender.send(part)
    assert part.text == message.text
    assert (receipt.provider_message_id, receipt.state) == (
        str(message.key),
        DeliveryState.DELIVERED,
    )
    assert await sender.send(part) == receipt
    assert await sender.find_sent(part) == receipt
