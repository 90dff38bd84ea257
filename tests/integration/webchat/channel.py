"""Describes a chat widget: signed webhooks in, one HTTP call a reply out."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
from pydantic import Field, SecretStr

from channels.spec import (
    Answer,
    ChannelSettings,
    ChannelSpec,
    Intake,
    SendLimits,
    Transport,
    Webhook,
    WebhookCall,
)
from domain.channels import Channel, ChannelConfig, ChannelFacts
from domain.errors import ConfigurationError, Malformed, NotAuthentic, ProviderUnavailable
from domain.identifiers import Assurance, IdentifierKind, identify_email
from domain.messages import DeliveryState, InboundMessage, OutboundMessage, Part, Receipt
from domain.stores import OpenUnitOfWork
from domain.wording import split_at_sentences
from pipeline.receive import receive


class WebchatSettings(ChannelSettings):
    """The settings of the widget."""

    webchat_url: str = Field(default="", description="Address that replies are posted to.")
    webchat_secret: SecretStr = Field(default=SecretStr(""), description="Signs the webhooks.")


def signature_of(secret: SecretStr, body: bytes) -> str:
    """The X-Webchat-Signature of a body."""
    return hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class WebchatIntake(Intake):
    """Verifies the widget's webhooks."""

    secret: SecretStr


async def _verify(intake: WebchatIntake, call: WebhookCall) -> None:
    if not hmac.compare_digest(signature_of(intake.secret, call.body), call.signature or ""):
        raise NotAuthentic("the webhook's signature is wrong")


async def webchat_message(_intake: WebchatIntake, call: WebhookCall) -> Answer:
    """A customer's chat message."""
    try:
        given = json.loads(call.body)
        inbound = InboundMessage(
            channel=Channel("webchat"),
            provider_message_id=given["id"],
            sender=identify_email(given["email"], Assurance.PROVIDER_ATTESTED),
            sender_name=given["name"],
            text=given["text"],
            raw_text=given["text"],
            received_at=datetime.now(UTC),
        )
    except (ValueError, KeyError) as error:
        raise Malformed("not a chat message", {"body": "is not a chat message"}) from error
    await receive(call.open_uow, inbound, observe=call.observe)
    return Answer()


class WebchatSender:
    """Posts each part under its key, so that a repeat changes nothing."""

    def __init__(self, url: str, timeout: timedelta) -> None:
        self._client = httpx.Client(base_url=url, timeout=timeout.total_seconds())

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        texts = split_at_sentences(message.text, config.max_chars or 1000)
        return [Part(message, place, len(texts), text) for place, text in enumerate(texts)]

    async def send(self, part: Part) -> Receipt:
        key = f"{part.message.key}-{part.index}"
        content = {"key": key, "to": part.message.recipient.value, "text": part.text}
        try:
            response = await asyncio.to_thread(self._client.post, "/replies", json=content)
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise ProviderUnavailable("the widget does not take replies") from error
        return Receipt(key, DeliveryState.SENT)

    async def find_sent(self, part: Part) -> Receipt | None:
        return await self.send(part)

    def close(self) -> None:
        self._client.close()


def _make_intake(settings: WebchatSettings) -> WebchatIntake:
    if not settings.webchat_secret.get_secret_value():
        raise ConfigurationError("WEBCHAT_SECRET is empty: no webhook could be verified")
    return WebchatIntake(settings.webchat_secret)


def _make_sender(
    settings: WebchatSettings, limits: SendLimits, _open_uow: OpenUnitOfWork
) -> WebchatSender:
    return WebchatSender(settings.webchat_url, limits.timeout)


def _config(channel: Channel) -> ChannelConfig:
    return ChannelConfig(
        channel=channel,
        tone="relaxed",
        max_words=120,
        preferred_chars=400,
        max_chars=1000,
        burst_window=timedelta(0),
    )


SPEC = ChannelSpec(
    facts=ChannelFacts(
        name="webchat",
        label="Web chat",
        in_a_sentence="the web chat",
        to_the_model="a chat on our site",
        reply_kinds=(IdentifierKind.EMAIL,),
    ),
    transports=(
        Transport(
            make_sender=_make_sender,
            make_intake=_make_intake,
            settings=WebchatSettings,
            intake=WebchatIntake,
            required=("webchat_url", "webchat_secret"),
            component="webchat",
            webhooks=(
                Webhook(
                    "/webchat",
                    "X-Webchat-Signature",
                    _verify,
                    webchat_message,
                    answer_within=timedelta(seconds=2),
                ),
            ),
            provider_limits={"answer_within_s": 5},
        ),
    ),
    make_config=_config,
)
