"""The channels' ways in, made from the settings; None, and nothing imported, for a channel that is off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from channels.gmail.settings import GmailSettings
from deployments.settings import Settings
from domain.channels import Channel

if TYPE_CHECKING:
    from channels.gmail.mailbox import GmailMailbox
    from channels.whatsapp.signature import TwilioSignature
    from deployments.api.context import GmailIntake


def gmail_settings(settings: Settings) -> GmailSettings:
    return GmailSettings(
        address=settings.gmail_address,
        client_id=settings.gmail_client_id,
        client_secret=settings.gmail_client_secret,
        refresh_token=settings.gmail_refresh_token,
        api_base_url=settings.gmail_api_base_url,
        token_uri=settings.gmail_token_uri,
        pubsub_topic=settings.gmail_pubsub_topic,
        pubsub_audience=settings.gmail_pubsub_audience,
        pubsub_service_account=settings.gmail_pubsub_service_account,
        pubsub_certs_url=settings.gmail_pubsub_certs_url,
    )


def make_mailbox(settings: Settings) -> GmailMailbox | None:
    if Channel.EMAIL not in settings.channels:
        return None
    from channels.gmail.api import GmailApi
    from channels.gmail.mailbox import GmailMailbox

    return GmailMailbox(GmailApi(gmail_settings(settings)))


def make_gmail_intake(settings: Settings) -> GmailIntake | None:
    mailbox = make_mailbox(settings)
    if mailbox is None:
        return None
    from channels.gmail.push import PushVerifier
    from deployments.api.context import GmailIntake

    verifier = PushVerifier(gmail_settings(settings))
    return GmailIntake(settings.gmail_address, mailbox, verifier)


def make_whatsapp_signature(settings: Settings) -> TwilioSignature | None:
    """Raises ConfigurationError for an empty token: signatures fail closed."""
    if Channel.WHATSAPP not in settings.channels:
        return None
    from channels.whatsapp.signature import TwilioSignature

    return TwilioSignature(settings.twilio_auth_tokens, settings.public_base_url)
