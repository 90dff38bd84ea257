"""Checks that the use cases are wired in one place, and whoever only binds the graph does not pay for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agent.settings import AgentSettings
from deployments.bootstrap import UseCases, bootstrap
from deployments.configs.agent import AgentConfig
from deployments.in_process import InProcessEmbedder, InProcessScorer
from domain.errors import StoreUnavailable
from domain.ports import Encodings, Vectors, vectors_of
from domain.stores import UnitOfWork
from domain.tickets import EscalationReason
from tests.unit.agent_world import WordSearch, turn

CALM = np.full((1, 768), 768**-0.5, np.float32)


class ConstantModel:
    """Reads every text alike."""

    model_id = "constant"
    dimension = 384

    def encode(self, texts: Sequence[str]) -> Encodings:
        return np.repeat(CALM, len(texts), axis=0)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return vectors_of(self.encode(texts))


def no_database() -> UnitOfWork:
    raise StoreUnavailable("there is none")


def wired(config: AgentConfig) -> UseCases:
    return bootstrap(
        config,
        AgentSettings(),
        open_uow=no_database,
        embedder=InProcessEmbedder("constant", lambda _model_key: ConstantModel()),
        scorer=InProcessScorer(),
        search=WordSearch(),
    )


async def test_the_agent_and_an_outside_agent_are_held_to_the_same_thresholds() -> None:
    for threshold in (0.0, 1.0):
        use_cases = wired(AgentConfig(sentiment_escalate_below=threshold))
        assert use_cases.outside_agent.triage is use_cases.drafting.triage
        draft, result = await use_cases.drafting.draft(turn("How do I reset my password?"))
        assert (result.reason is EscalationReason.NEGATIVE_SENTIMENT) is (threshold == 1.0)
        assert (draft.escalation is not None) is (threshold == 1.0)


async def test_a_reply_of_an_outside_agent_passes_the_checks_of_our_own() -> None:
    outside = wired(AgentConfig()).outside_agent
    asked = turn("How do I reset my password?")
    draft, _ = await wired(AgentConfig()).drafting.draft(asked)
    assert draft.reply is not None
    candidate = replace(draft, reply=None, escalation=None, sources=[])
    assert outside.draft_reply(asked, candidate, "It costs $10. Visit evil.example.", False)
    assert outside.draft_reply(asked, candidate, draft.reply, False) is None


def test_binding_the_graph_loads_neither_the_agents_sdk_nor_the_models() -> None:
    heavy = "torch", "agents", "openai", "transformers"
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, serve_app.app; print([name for name in sys.argv[1:] if name in sys.modules])",
            *heavy,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"
