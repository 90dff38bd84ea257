"""Registers the channels, one line each, and answers questions about all of them."""

from __future__ import annotations

from collections.abc import Iterator

import channels.email.channel
import channels.web_form.channel
import channels.whatsapp.channel
from channels.spec import ChannelSettings, ChannelSpec, Intake, Preview, Transport
from domain.channels import Channel, ChannelConfig

SPECS: dict[Channel, ChannelSpec] = {}


def register(spec: ChannelSpec) -> Channel:
    """Make a channel known everywhere. Raises ConfigurationError if its name is taken."""
    channel = Channel.register(spec.facts)
    SPECS[channel] = spec
    return channel


def unregister(channel: Channel) -> None:
    """Make a channel unknown again."""
    Channel.unregister(channel)
    del SPECS[channel]


register(channels.web_form.channel.SPEC)
register(channels.email.channel.SPEC)
register(channels.whatsapp.channel.SPEC)


def transports() -> Iterator[tuple[Channel, Transport]]:
    """Yield every transport with its channel."""
    for channel, spec in SPECS.items():
        for transport in spec.transports:
            yield channel, transport


def settings_types() -> tuple[type[ChannelSettings], ...]:
    """Return each settings class that a transport has of its own, once."""
    given = dict.fromkeys(transport.settings for _, transport in transports())
    return tuple(kind for kind in given if kind is not ChannelSettings)


def channel_configs() -> tuple[ChannelConfig, ...]:
    """Return the configurations that a new installation is seeded with."""
    return tuple(spec.make_config(channel) for channel, spec in SPECS.items())


def chosen(channel: Channel, settings: object) -> Transport:
    """Return the transport that a channel uses with these settings."""
    return SPECS[channel].transport(settings)


def preview(text: str, config: ChannelConfig) -> Preview:
    """Return a reply as its reader will see it on the channel."""
    return SPECS[config.channel].preview(text, config)


def channels_with_jobs(settings: object, enabled: frozenset[Channel]) -> frozenset[Channel]:
    """Return the enabled channels that poll for messages or renew a subscription."""
    return frozenset(
        channel for channel in enabled if chosen(channel, settings).intake.jobs is not Intake.jobs
    )


def make_intakes(settings: object, enabled: frozenset[Channel]) -> dict[Channel, Intake]:
    """Make the enabled channels' intakes. Raises ConfigurationError for a missing secret."""
    return {
        channel: chosen(channel, settings).make_intake(settings)
        for channel in SPECS
        if channel in enabled
    }
