"""Declares what the use cases read and write of channels' configurations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.channels import Channel, ChannelConfig


class ChannelConfigs(Protocol):
    """How replies on each channel are worded and sized; staff may change it."""

    async def get(self, channel: Channel) -> ChannelConfig:
        """Return the configuration in force. Raises NotFound."""
        ...

    async def seed(self, configs: Sequence[ChannelConfig]) -> None:
        """Insert what is missing; what staff changed stays."""
        ...
