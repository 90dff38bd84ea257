"""Reads the tone, lengths and templates of each channel."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from domain.channels import Channel, ChannelConfig
from domain.errors import NotFound
from domain.stores import ChannelConfigs

_SQL = load_queries("channel_configs")


class PostgresChannelConfigs(ChannelConfigs):
    """`ChannelConfigs` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def get(self, channel: Channel) -> ChannelConfig:
        """Return a channel's configuration. Raises NotFound if it was not seeded."""
        row = await self._session.row(_SQL["get"], channel)
        if row is None:
            raise NotFound(f"channel {channel.value} has no configuration")
        return stored_config(row)

    @override
    async def seed(self, configs: Sequence[ChannelConfig]) -> None:
        for config in configs:
            await self._session.run(
                _SQL["seed"],
                config.channel,
                config.tone,
                config.max_words,
                config.preferred_chars,
                config.max_chars,
                config.burst_window,
                config.templates,
                config.reply_budget_per_hour,
            )


def stored_config(row: asyncpg.Record) -> ChannelConfig:
    """Build the configuration from its row."""
    return ChannelConfig(
        channel=Channel(row["channel"]),
        tone=row["tone"],
        max_words=row["max_words"],
        preferred_chars=row["preferred_chars"],
        max_chars=row["max_chars"],
        burst_window=row["burst_window"],
        templates=row["templates"],
        reply_budget_per_hour=row["reply_budget_per_hour"],
    )
