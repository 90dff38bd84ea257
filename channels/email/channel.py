"""Describes e-mail, whichever transport carries it."""

from __future__ import annotations

from datetime import timedelta

from channels.gmail.transport import GMAIL
from channels.imap.transport import IMAP
from channels.rich_text import to_html, to_plain
from channels.spec import ChannelSpec, Preview
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


def _preview(text: str, _config: ChannelConfig) -> Preview:
    return Preview((to_plain(text),), to_html(text))


SPEC = ChannelSpec(
    facts=ChannelFacts(
        name="email",
        label="E-mail",
        in_a_sentence="e-mail",
        to_the_model="an e-mail",
        reply_kinds=(IdentifierKind.EMAIL,),
        watched_by="Gmail",
    ),
    transports=(GMAIL, IMAP),
    make_config=_config,
    preview=_preview,
)
