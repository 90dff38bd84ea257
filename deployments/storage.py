"""Makes a stage's connection pool: one per replica, opened on first use."""

from __future__ import annotations

from datetime import timedelta

from database.pool import Pool
from deployments.settings import Settings


def make_pool(
    settings: Settings, stage: str, max_size: int = 8, *, is_read_only: bool = False
) -> Pool:
    """Make a pool with short timeouts, so that a stage reports an outage before its caller gives up."""
    return Pool(
        settings.database_url.get_secret_value(),
        role=settings.database_role or None,
        max_size=max_size,
        connect_timeout=timedelta(seconds=3),
        acquire_timeout=timedelta(seconds=4),
        application_name=f"customer-success-{stage}",
        is_read_only=is_read_only,
    )
