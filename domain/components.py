"""Names the components whose last real work is kept, and types its result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

DATABASE = "database"
SENDING = "sending "
"""Before a channel's name: its provider."""


@dataclass(frozen=True, slots=True)
class ComponentState:
    """How the last real work of a component went."""

    succeeded_at: datetime | None
    failing_since: datetime | None
    """None after a success."""
    last_error: str | None
    """Also of a failure that is over."""
    age: timedelta
    """Since the last report."""
