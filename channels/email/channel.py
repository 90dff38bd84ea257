"""Describes e-mail, whichever transport carries it."""

from __future__ import annotations

from datetime import timedelta

from channels.gmail.transport import GMAIL
from channels.spec import ChannelSpec
from domain.channels import Channel, ChannelConfig, ChannelFacts
from domain.identifiers import IdentifierKind


def _config(channel: Channel) -> ChannelConfig:
    return ChannelConfig(
        channel=channel,
        tone="formal",
        max_words=500,
        preferred_chars=None,
        max_chars=None,
        burst_window=timedelta(0),
    )


SPEC = ChannelSpec(
    facts=ChannelFacts(
        name="email",
        label="E-mail",
        in_a_sentence="e-mail",
        to_the_model="an e-mail",
        reply_kinds=(IdentifierKind.EMAIL,),
        watched_by="Gmail",
    ),
    transports=(GMAIL,),
    make_config=_config,
)
