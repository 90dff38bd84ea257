"""Checks that other stages follow the agent stage's live configuration."""

from __future__ import annotations

from dataclasses import dataclass

from deployments.agent_config import AgentConfigFollower
from deployments.configs.agent import AgentConfig
from domain.errors import Transient


@dataclass
class AgentStandIn:
    """The agent deployment's call; None while it does not answer."""

    now: AgentConfig | None

    async def config(self) -> AgentConfig:
        if self.now is None:
            raise Transient("the agent stage did not answer")
        return self.now


async def test_a_change_is_followed_and_told_once() -> None:
    agent = AgentStandIn(AgentConfig(answerable_from=0.7))
    told: list[AgentConfig] = []
    follower = AgentConfigFollower(agent.config, told.append)
    for _ in range(3):
        await follower.follow_once()
    agent.now = AgentConfig(answerable_from=0.6)
    await follower.follow_once()
    assert [settings.answerable_from for settings in told] == [0.7, 0.6]
    assert follower.latest.answerable_from == 0.6


async def test_the_last_answer_stands_while_the_agent_stage_is_away() -> None:
    agent = AgentStandIn(None)
    follower = AgentConfigFollower(agent.config, lambda _config: None)
    await follower.follow_once()
    assert follower.latest == AgentConfig()
    agent.now = AgentConfig(sentiment_escalate_below=0.4)
    await follower.follow_once()
    agent.now = None
    await follower.follow_once()
    assert follower.latest.sentiment_escalate_below == 0.4
