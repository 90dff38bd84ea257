"""Sums the results of turns per channel and reads the system's current backlog."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.stores.component_states import PostgresComponentStates
from domain.channels import Channel
from domain.records import ChannelMetrics, ChannelPulse, Pulse
from domain.stores import Metrics

_SQL = load_queries("metrics")


class PostgresMetrics(Metrics):
    """`Metrics` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def by_channel(self, since: datetime) -> list[ChannelMetrics]:
        """Sum per channel, by the rules in sql/metrics.sql; `escalation_rate` is 0..1."""
        rows = await self._session.rows(_SQL["by_channel"], since)
        return [
            ChannelMetrics(
                channel=Channel(row["channel"]),
                conversations=row["conversations"],
                messages=row["messages"],
                avg_sentiment=row["avg_sentiment"],
                escalations=row["escalations"],
                escalation_rate=row["escalation_rate"],
                avg_latency_ms=row["avg_latency_ms"],
                p95_latency_ms=row["p95_latency_ms"],
                escalations_by_reason=row["escalations_by_reason"],
            )
            for row in rows
        ]

    @override
    async def hand_overs(self, since: datetime) -> Mapping[tuple[Channel, str, str], int]:
        rows = await self._session.rows(_SQL["hand_overs"], since)
        return {
            (Channel(row["channel"]), row["reason"], row["author"]): row["hand_overs"]
            for row in rows
        }

    @override
    async def negative(self, since: datetime, below: float) -> Mapping[Channel, int]:
        rows = await self._session.rows(_SQL["negative"], since, below)
        return {Channel(row["channel"]): row["messages"] for row in rows}

    @override
    async def pulse(self) -> Pulse:
        rows = await self._session.rows(_SQL["channel_pulse"])
        queues = await self._session.row(_SQL["queues"])
        if queues is None:
            raise LookupError("a query without a FROM has one row")
        return Pulse(
            channels=tuple(
                ChannelPulse(
                    Channel(row["channel"]),
                    row["waiting"],
                    row["oldest_waiting_at"],
                    row["last_inbound_at"],
                )
                for row in rows
            ),
            components=await PostgresComponentStates(self._session).all(),
            **queues,
        )
