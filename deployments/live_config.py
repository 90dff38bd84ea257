"""Applies a stage's `user_config` while it runs; an invalid one leaves the previous one in force."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from deployments.configs.base import StageConfig
from domain.errors import ConfigurationError

log = logging.getLogger(__name__)

Config = TypeVar("Config", bound=StageConfig)


class LiveConfig(Generic[Config]):
    """Validates and applies configurations, and keeps the previous one if that fails.

    If `reconfigure` raises, Serve replaces a working replica by one that can't start. So an invalid config is
    logged and the previous one stays in force. `is_refused` then tells the stage's health.
    """

    def __init__(self, kind: type[Config], apply: Callable[[Config], Awaitable[None]]) -> None:
        """`apply` must raise ConfigurationError, ValueError or OSError before it changes anything."""
        self._kind = kind
        self._apply = apply
        self._is_any_in_force = False
        self.is_refused = False

    async def take(self, given: Mapping[str, object]) -> None:
        """Apply `given`.

        Raises:
            ConfigurationError, ValueError, OSError: The first configuration is invalid, so the replica must not start.
        """
        try:
            await self._apply(self._kind.model_validate(given))
        except (ConfigurationError, ValueError, OSError) as error:
            if not self._is_any_in_force:
                raise
            self.is_refused = True
            log.error("refused a user_config; the previous one stays in force: %s", error)
        else:
            self._is_any_in_force, self.is_refused = True, False
