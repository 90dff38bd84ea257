"""Describes the web form, whose pages receive the message and show the reply."""

from __future__ import annotations

from datetime import timedelta

from channels.rich_text import to_html, to_plain
from channels.spec import ChannelSettings, ChannelSpec, Intake, Preview, SendLimits, Transport
from channels.web_form.form import FollowUp, SupportForm, repeat_key, to_inbound
from channels.web_form.sender import WebFormSender
from domain.channels import Channel, ChannelConfig, ChannelFacts
from domain.identifiers import IdentifierKind
from domain.stores import OpenUnitOfWork

__all__ = ["SPEC", "FollowUp", "SupportForm", "WebFormSender", "repeat_key", "to_inbound"]


def _make_sender(
    _settings: ChannelSettings, _limits: SendLimits, _uow: OpenUnitOfWork
) -> WebFormSender:
    return WebFormSender()


def _make_intake(_settings: ChannelSettings) -> Intake:
    return Intake()


def _config(channel: Channel) -> ChannelConfig:
    return ChannelConfig(
        channel=channel,
        tone="semi-formal",
        max_words=300,
        preferred_chars=None,
        max_chars=None,
        burst_window=timedelta(0),
    )


def _preview(text: str, _config: ChannelConfig) -> Preview:
    return Preview((to_plain(text),), to_html(text))


SPEC = ChannelSpec(
    facts=ChannelFacts(
        name="web_form",
        label="Web form",
        in_a_sentence="the web form",
        to_the_model="the web form",
        reply_kinds=(IdentifierKind.EMAIL,),
        opens_ticket_at_once=True,
        keeps_replies=True,
    ),
    transports=(Transport(_make_sender, _make_intake),),
    make_config=_config,
    is_on_by_default=True,
    preview=_preview,
)
