"""Makes a stage's connection pool: one per replica, opened on first use."""

from __future__ import annotations

from datetime import timedelta

from database.pool import Pool
from deployments.settings import Settings

FROZEN_AFTER = timedelta(seconds=8)
"""A process that stands still for longer in the middle of a transaction loses it. Another one takes its work
over after ten seconds, and must not wait for its locks."""


def make_pool(
    settings: Settings,
    stage: str,
    max_size: int = 8,
    *,
    is_read_only: bool = False,
    idle_in_transaction: timedelta = timedelta(seconds=60),
) -> Pool:
    """Make a pool with short timeouts, so that a stage reports an outage before its caller gives up.

    Args:
        settings: Where the database is.
        stage: Its name in pg_stat_activity.
        max_size: Connections at most.
        is_read_only: Whether statements that change rows are refused.
        idle_in_transaction: After which the server ends a transaction whose process stands still, and
            frees its locks.
    """
    return Pool(
        settings.database_url.get_secret_value(),
        role=settings.database_role or None,
        max_size=max_size,
        connect_timeout=timedelta(seconds=3),
        acquire_timeout=timedelta(seconds=4),
        statement_timeout=timedelta(seconds=8),
        idle_in_transaction=idle_in_transaction,
        application_name=f"customer-success-{stage}",
        is_read_only=is_read_only,
    )
