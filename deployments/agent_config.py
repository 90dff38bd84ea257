"""Follows the agent stage's live configuration, so that other stages use the same thresholds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import cast

from ray.serve.handle import DeploymentHandle

from deployments.configs.agent import AgentConfig
from deployments.handles import call_stage
from domain.errors import Transient

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 2.0
_CALL_LIMIT_S = 2.0


async def read_agent_config(handle: DeploymentHandle[object]) -> AgentConfig:
    """Return the agent stage's current configuration.

    Raises:
        Transient: The stage does not answer.
    """
    return cast(AgentConfig, await call_stage(handle, "config", limit_s=_CALL_LIMIT_S))


class AgentConfigFollower:
    """Polls the configuration in the background, so that no request waits for the agent stage.

    `latest` holds the defaults until the first answer.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[AgentConfig]],
        apply: Callable[[AgentConfig], None],
    ) -> None:
        """`apply` is called with each configuration that differs from the previous one."""
        self._read = read
        self._apply = apply
        self.latest = AgentConfig()

    async def follow_once(self) -> None:
        """Read the configuration and apply it if it changed; keep the previous one if the read fails."""
        try:
            config = await self._read()
        except Transient as error:
            log.debug("can't read the agent stage's configuration: %s", error)
            return
        if config != self.latest:
            self.latest = config
            self._apply(config)

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            await self.follow_once()
            await asyncio.sleep(_LOOK_EVERY_S)
