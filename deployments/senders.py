"""One sender for each enabled channel, whose provider's library is imported for it alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from channels.web_form.sender import WebFormSender
from deployments.intakes import gmail_settings
from deployments.settings import Settings
from domain.channels import Channel
from domain.ports import Sender
from domain.stores import OpenWork


def make_senders(settings: Settings, open_work: OpenWork) -> dict[Channel, Sender]:
    """Raises ConfigurationError where an enabled channel lacks a secret."""
    senders: dict[Channel, Sender] = {Channel.WEB_FORM: WebFormSender()}
    if Channel.EMAIL in settings.channels:
        from channels.gmail.api import GmailApi
        from channels.gmail.sender import GmailSender

        senders[Channel.EMAIL] = GmailSender(GmailApi(gmail_settings(settings)))
    if Channel.WHATSAPP in settings.channels:
        from channels.whatsapp.sender import WhatsAppSender

        async def recorded_ids(ids: Sequence[str]) -> Collection[str]:
            async with open_work() as work:
                return await work.deliveries.known_ids(Channel.WHATSAPP, ids)

        senders[Channel.WHATSAPP] = WhatsAppSender(
            account_sid=settings.twilio_account_sid,
            auth_tokens=settings.twilio_auth_tokens,
            from_number=settings.twilio_whatsapp_from,
            public_base_url=settings.public_base_url,
            recorded_ids=recorded_ids,
            api_base_url=settings.twilio_api_base_url or None,
        )
    return senders
