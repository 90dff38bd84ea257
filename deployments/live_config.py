"""A stage's `user_config` as it changes live: one that can't be taken leaves the former one in force."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from deployments.stage_configs import StageConfig
from domain.errors import ConfigurationError

log = logging.getLogger(__name__)

Config = TypeVar("Config", bound=StageConfig)


class LiveConfig(Generic[Config]):
    """Serve puts replicas that can't start in the place of one whose `reconfigure` raises: nobody would answer.

    `is_refused` while the newest one is not in force, which the stage's health tells.
    """

    def __init__(self, kind: type[Config], apply: Callable[[Config], Awaitable[None]]) -> None:
        """`apply` raises ConfigurationError, ValueError or OSError before it has changed anything."""
        self._kind = kind
        self._apply = apply
        self._is_any_in_force = False
        self.is_refused = False

    async def take(self, given: Mapping[str, object]) -> None:
        """Raises where the first one can't be taken: the replica must not start."""
        try:
            await self._apply(self._kind.model_validate(given))
        except (ConfigurationError, ValueError, OSError) as error:
            if not self._is_any_in_force:
                raise
            self.is_refused = True
            log.error("this user_config is refused and the former one stays in force: %s", error)
        else:
            self._is_any_in_force, self.is_refused = True, False
