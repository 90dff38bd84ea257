"""Makes one sender for each enabled channel; a channel that is off imports no provider's library."""

from __future__ import annotations

from datetime import timedelta

from channels.registry import SPECS, chosen
from channels.spec import SendLimits
from deployments.configs.delivery import DeliveryConfig
from deployments.settings import Settings
from domain.channels import Channel
from domain.ports import Sender
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
            senders[channel] = chosen(channel, settings).make_sender(
                settings, send_limits, open_uow
            )
    return senders
