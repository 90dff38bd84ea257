"""Makes one sender for each enabled channel; a channel that is off imports no provider's library."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from channels.mailbox_sender import MailboxSender
from channels.mailboxes import own_mailbox, settings_of, transport_of
from channels.registry import SPECS, chosen
from channels.spec import SendLimits
from deployments.configs.delivery import DeliveryConfig
from deployments.settings import Settings, find_mailbox_secret
from domain.channels import Channel
from domain.ports import Sender
from domain.records import MailboxRow
from domain.stores import OpenUnitOfWork


def make_senders(
    settings: Settings, open_uow: OpenUnitOfWork, config: DeliveryConfig
) -> dict[Channel, Sender]:
    """By channel; those on by default always have theirs, for replies to what came in while they were on.

    Raises ConfigurationError where an enabled channel lacks a secret.
    """
    senders = {}
    for channel, spec in SPECS.items():
        if channel in settings.channels or spec.is_on_by_default:
            limits = config.providers.get(channel)
            timeout = timedelta(seconds=limits.answer_within_s if limits is not None else 0)
            send_limits = SendLimits(timeout, config.max_concurrent_sends)
            first = chosen(channel, settings).make_sender(settings, send_limits, open_uow)
            own = own_mailbox(channel, settings)
            if own is not None:
                make = partial(_make_sender, settings, send_limits, open_uow)
                first = MailboxSender(first, own[1], open_uow, make)
            senders[channel] = first
    return senders


def _make_sender(
    settings: Settings, limits: SendLimits, open_uow: OpenUnitOfWork, row: MailboxRow
) -> Sender:
    """Make the sender of a further mailbox. Raises ProviderUnavailable or Malformed."""
    _, transport = transport_of(row.kind)
    return transport.make_sender(settings_of(row, settings, find_mailbox_secret), limits, open_uow)
