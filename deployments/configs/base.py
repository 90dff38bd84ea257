"""Makes a configuration strict, so that a misspelt key is an error and not a default."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class StageConfig(BaseModel):
    """Values that change live: Serve calls `reconfigure` with them, no replica restarts."""

    model_config = ConfigDict(extra="forbid", frozen=True)
