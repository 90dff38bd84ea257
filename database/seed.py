"""Defines the channel configurations of a new installation: `uow.channel_configs.seed(CHANNEL_CONFIGS)`."""

from __future__ import annotations

from datetime import timedelta

from domain.channels import Channel, ChannelConfig

CHANNEL_CONFIGS = (
    ChannelConfig(
        channel=Channel.WEB_FORM,
        tone="semi-formal",
        greeting="Hello {name},",
        signature="Your ticket is {ticket}.\nTechCorp Support",
        max_words=300,
        preferred_chars=None,
        max_chars=None,
        burst_window=timedelta(0),
    ),
    ChannelConfig(
        channel=Channel.EMAIL,
        tone="formal",
        greeting="Dear {name},",
        signature="Kind regards,\nTechCorp Support\nTicket {ticket}",
        max_words=500,
        preferred_chars=None,
        max_chars=None,
        burst_window=timedelta(0),
    ),
    ChannelConfig(
        channel=Channel.WHATSAPP,
        tone="conversational",
        greeting="",
        signature="",
        max_words=None,
        preferred_chars=300,
        # Twilio's limit for one WhatsApp message.
        max_chars=1600,
        # On WhatsApp people type several short messages.
        burst_window=timedelta(seconds=2),
    ),
)
