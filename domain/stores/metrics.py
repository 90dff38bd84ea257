"""Declares what the use cases read and write of metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from domain.channels import Channel
from domain.records import ChannelMetrics, Pulse


class Metrics(Protocol):
    """Counts over messages, tickets and turns."""

    async def by_channel(self, since: datetime) -> list[ChannelMetrics]:
        """All three channels, also those where nothing happened."""
        ...

    async def hand_overs(self, since: datetime) -> Mapping[tuple[Channel, str, str], int]:
        """Hand-overs by channel, reason and author, by whatever process and way."""
        ...

    async def negative(self, since: datetime, below: float) -> Mapping[Channel, int]:
        """Customers' messages with a sentiment below `below`; channels without any are left out."""
        ...

    async def pulse(self) -> Pulse:
        """Cheap enough for every few seconds."""
        ...
