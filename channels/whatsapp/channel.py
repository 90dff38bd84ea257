"""Describes WhatsApp through Twilio: signed webhooks in, the Messages API out."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field, SecretStr
from typing_extensions import override

from channels.spec import (
    Answer,
    ChannelSettings,
    ChannelSpec,
    Intake,
    Preview,
    SendLimits,
    StandIn,
    Transport,
    Webhook,
    WebhookCall,
)
from channels.whatsapp import codes
from domain.channels import Channel, ChannelConfig, ChannelFacts
from domain.identifiers import IdentifierKind
from domain.ports import Sender
from domain.stores import OpenUnitOfWork
from domain.traces import TraceContext
from pipeline.delivery_status import record_status
from pipeline.receive import receive

if TYPE_CHECKING:
    import httpx

    from channels.whatsapp.signature import TwilioSignature

log = logging.getLogger(__name__)

_NAME = "whatsapp"
_EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_ANSWER_WITHIN = timedelta(milliseconds=1200)


class TwilioEnvironment(ChannelSettings):
    """The settings of the Twilio account."""

    twilio_account_sid: str = Field(default="", description="Twilio account, AC…")
    twilio_auth_token: SecretStr = Field(
        default=SecretStr(""),
        description="A comma-separated list rotates tokens: the first one signs our calls, each one is"
        " accepted on Twilio's.",
    )
    twilio_whatsapp_from: str = Field(
        default="", description="WhatsApp number that replies come from, +14155550100."
    )
    twilio_api_base_url: str = Field(default="", description="Empty: Twilio's own API.")

    @property
    def twilio_auth_tokens(self) -> list[SecretStr]:
        """Return the tokens, the one that signs our calls first."""
        tokens = self.twilio_auth_token.get_secret_value().split(",")
        return [SecretStr(token.strip()) for token in tokens if token.strip()]


@dataclass(frozen=True, slots=True)
class WhatsAppIntake(Intake):
    """Verifies Twilio's webhooks."""

    signature: TwilioSignature
    number: str

    @property
    @override
    def reached_at(self) -> str:
        return self.number


async def _verify(intake: WhatsAppIntake, call: WebhookCall) -> None:
    from channels.whatsapp.fields import read_fields, require_expected

    intake.signature.verify(call.path, call.body, call.signature)
    require_expected(read_fields(call.body))


async def whatsapp_message(_intake: WhatsAppIntake, call: WebhookCall) -> Answer:
    """Receive a customer's WhatsApp message. The empty TwiML tells Twilio that the reply comes later."""
    from channels.whatsapp.parse import parse_inbound

    inbound = parse_inbound(call.body, datetime.now(UTC))
    await receive(call.open_uow, inbound, observe=call.observe)
    return Answer(_EMPTY_TWIML, "text/xml")


async def whatsapp_status(_intake: WhatsAppIntake, call: WebhookCall) -> Answer:
    """Record what became of a WhatsApp message that we sent."""
    from channels.whatsapp.parse import parse_status

    update = parse_status(call.body, call.query)
    if update.state is None:
        log.warning("Twilio reports a status that we do not know: %s", update.status)
        return Answer()
    channel = Channel(_NAME)
    async with call.open_uow() as uow:
        trace_id = await uow.deliveries.trace_id(channel, update.provider_message_id)
    trace = TraceContext.new(trace_id) if trace_id is not None else None
    with call.span("delivery status", trace, state=update.state.value):
        await record_status(
            call.open_uow,
            channel,
            update.provider_message_id,
            update.state,
            update.error_code,
            call.observe,
            update.part_key,
        )
    return Answer()


def _make_intake(settings: TwilioEnvironment) -> WhatsAppIntake:
    from channels.whatsapp.signature import TwilioSignature

    return WhatsAppIntake(
        TwilioSignature(settings.twilio_auth_tokens, settings.public_base_url),
        settings.twilio_whatsapp_from,
    )


def _make_sender(
    settings: TwilioEnvironment, limits: SendLimits, open_uow: OpenUnitOfWork
) -> Sender:
    from channels.whatsapp.sender import WhatsAppSender

    async def recorded_ids(ids: Sequence[str]) -> Collection[str]:
        async with open_uow() as uow:
            return await uow.deliveries.known_ids(Channel(_NAME), ids)

    return WhatsAppSender(
        account_sid=settings.twilio_account_sid,
        auth_tokens=settings.twilio_auth_tokens,
        from_number=settings.twilio_whatsapp_from,
        public_base_url=settings.public_base_url,
        recorded_ids=recorded_ids,
        api_base_url=settings.twilio_api_base_url or None,
        timeout=limits.timeout,
        max_threads=limits.max_threads,
    )


async def _check_connection(settings: TwilioEnvironment) -> Sequence[str]:
    from channels.whatsapp.connection import check_connection

    return await check_connection(
        account_sid=settings.twilio_account_sid,
        auth_token=next(iter(settings.twilio_auth_tokens), settings.twilio_auth_token),
        from_number=settings.twilio_whatsapp_from,
        public_base_url=settings.public_base_url,
        api_base_url=settings.twilio_api_base_url or None,
    )


async def _check_templates(settings: TwilioEnvironment, open_uow: OpenUnitOfWork) -> Sequence[str]:
    from channels.whatsapp.connection import check_templates

    async with open_uow() as uow:
        config = await uow.channel_configs.get(Channel(_NAME))
    return await check_templates(
        config.templates,
        account_sid=settings.twilio_account_sid,
        auth_token=next(iter(settings.twilio_auth_tokens), settings.twilio_auth_token),
        api_base_url=settings.twilio_api_base_url or None,
    )


async def _check_intake(
    settings: TwilioEnvironment, client: httpx.AsyncClient, _open_uow: OpenUnitOfWork
) -> Sequence[str]:
    from channels.whatsapp.connection import check_webhook

    return await check_webhook(
        client,
        auth_token=next(iter(settings.twilio_auth_tokens), settings.twilio_auth_token),
        public_base_url=settings.public_base_url,
    )


def _make_stand_in(port: int, base_url: str) -> StandIn:
    return StandIn(
        "twilio",
        port,
        {
            "twilio_account_sid": "AC00000000000000000000000000000001",
            "twilio_auth_token": SecretStr(secrets.token_hex(16)),
            "twilio_whatsapp_from": "+14155550100",
            "twilio_api_base_url": f"http://127.0.0.1:{port}",
            "public_base_url": base_url,
        },
        environment={"TWILIO_WEBHOOK_URL": f"{base_url}/api/v1/webhooks/whatsapp"},
    )


def _demo_message(sample: Mapping[str, Any]) -> Mapping[str, object]:
    customer = sample["customer"]
    return {
        "from": f"whatsapp:{customer['phone']}",
        "body": sample["message"],
        "profile_name": customer["name"],
    }


def _config(channel: Channel) -> ChannelConfig:
    return ChannelConfig(
        channel=channel,
        tone="conversational",
        max_words=None,
        preferred_chars=300,
        # Twilio's limit for one WhatsApp message.
        max_chars=1600,
        # People type there in several short messages.
        burst_window=timedelta(seconds=2),
    )


def _preview(text: str, config: ChannelConfig) -> Preview:
    from channels.whatsapp.markup import message_texts

    return Preview(tuple(message_texts(text, config)))


SPEC = ChannelSpec(
    facts=ChannelFacts(
        name=_NAME,
        label="WhatsApp",
        in_a_sentence="WhatsApp",
        to_the_model="a WhatsApp message",
        reply_kinds=(IdentifierKind.PHONE, IdentifierKind.WHATSAPP),
        renews_consent=True,
        writes_freely_for=timedelta(hours=24),
        passing_codes=frozenset(map(str, codes.OVER_LIMIT)),
        our_codes=frozenset(map(str, codes.OURS)),
        failure_words=codes.WORDS,
    ),
    transports=(
        Transport(
            make_sender=_make_sender,
            make_intake=_make_intake,
            settings=TwilioEnvironment,
            intake=WhatsAppIntake,
            required=(
                "twilio_account_sid",
                "twilio_auth_token",
                "twilio_whatsapp_from",
                "public_base_url",
            ),
            component="whatsapp",
            webhooks=tuple(
                Webhook(
                    path,
                    "X-Twilio-Signature",
                    _verify,
                    receive_call,
                    answer_within=_ANSWER_WITHIN,
                    refusal_status=403,
                    media_type=media_type,
                )
                for path, receive_call, media_type in (
                    ("/whatsapp", whatsapp_message, "text/xml"),
                    ("/whatsapp/status", whatsapp_status, "application/json"),
                )
            ),
            provider_limits={"answer_within_s": 40},
            check_connection=_check_connection,
            check_intake=_check_intake,
            check_templates=_check_templates,
            stand_in="twilio",
            make_stand_in=_make_stand_in,
            demo_message=_demo_message,
        ),
    ),
    make_config=_config,
    preview=_preview,
)
