"""One sender for each enabled channel, whose provider's library is imported for it alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from channels.web_form.sender import WebFormSender
from deployments.intakes import gmail_settings
from deployments.settings import Settings
from deployments.stage_configs import DeliveryConfig
from domain.channels import Channel
from domain.ports import Sender
from domain.stores import OpenUnitOfWork


def make_senders(
    settings: Settings, open_uow: OpenUnitOfWork, config: DeliveryConfig
) -> dict[Channel, Sender]:
    """Raises ConfigurationError where an enabled channel lacks a secret."""
    senders: dict[Channel, Sender] = {Channel.WEB_FORM: WebFormSender()}
    if Channel.EMAIL in settings.channels:
        from channels.gmail.api import GmailApi
        from channels.gmail.sender import GmailSender

        mailbox = replace(
            gmail_settings(settings),
            timeout=timedelta(seconds=config.providers.email.answer_within_s),
            max_threads=config.max_concurrent_sends,
        )
        senders[Channel.EMAIL] = GmailSender(GmailApi(mailbox))
    if Channel.WHATSAPP in settings.channels:
        from channels.whatsapp.sender import WhatsAppSender

        async def recorded_ids(ids: Sequence[str]) -> Collection[str]:
            async with open_uow() as uow:
                return await uow.deliveries.known_ids(Channel.WHATSAPP, ids)

        senders[Channel.WHATSAPP] = WhatsAppSender(
            account_sid=settings.twilio_account_sid,
            auth_tokens=settings.twilio_auth_tokens,
            from_number=settings.twilio_whatsapp_from,
            public_base_url=settings.public_base_url,
            recorded_ids=recorded_ids,
            api_base_url=settings.twilio_api_base_url or None,
            timeout=timedelta(seconds=config.providers.whatsapp.answer_within_s),
            max_threads=config.max_concurrent_sends,
        )
    return senders
