"""Wires the use cases once, for the agent stage, the MCP server, evaluations, benchmarks and tests.

It imports the Agents SDK and the weights' modules, which takes seconds: import it where use cases are
built, not at the top of a module that a process loads only to bind the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from agent.acts.model import ActModel
from agent.acts.registry import ActHandlers
from agent.agent import build_agents
from agent.clean_search import CleanSearch
from agent.context import TurnContext
from agent.guardrails import Guardrails
from agent.language import detect_language
from agent.output_checks import OutputCheck
from agent.settings import AgentSettings
from agent.tools import draft_reply
from company.topics import Topics
from deployments.configs.agent import AgentConfig
from deployments.ranking import make_ranker
from domain.events import ignore
from domain.model_calls import ModelLedger, NoLedger
from domain.ports import (
    Agent,
    AgentDependencies,
    KnowledgeEmbedder,
    KnowledgeSearch,
    MessageEncoder,
    Observe,
    SentimentScorer,
)
from domain.stores import OpenUnitOfWork
from pipeline.answer import Answering, AnswerSettings
from pipeline.drafting import DraftCheck, Drafting
from pipeline.outside_agent import OutsideAgent
from pipeline.search import KnowledgeSearching
from pipeline.suggest import Suggesting
from pipeline.triage import Triage


class Embedder(MessageEncoder, KnowledgeEmbedder, Protocol):
    """One adapter serves messages and the knowledge base."""


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything that works on a turn, wired over the same ports and thresholds."""

    search: KnowledgeSearch
    drafting: Drafting
    answering: Answering
    outside_agent: OutsideAgent
    suggesting: Suggesting


def bootstrap(
    config: AgentConfig,
    limits: AgentSettings,
    *,
    open_uow: OpenUnitOfWork,
    embedder: Embedder,
    scorer: SentimentScorer,
    agents: Sequence[Agent] = (),
    search: KnowledgeSearch | None = None,
    check_draft: DraftCheck | None = None,
    observe: Observe = ignore,
    ledger: ModelLedger | None = None,
) -> UseCases:
    """Build the use cases; takes about a second at the first call, so run it in a thread on a loop.

    Args:
        config: Thresholds and numbers of the agent stage.
        limits: What an agent may do and say within a turn; `make_agent_settings` makes them of the config.
        open_uow: Opens a transaction on the database.
        embedder: Encodes messages and questions.
        scorer: Scores sentiment.
        agents: Tried in order; by default the grounded answerer alone, which needs no network.
        search: Replaces the search in the knowledge base.
        check_draft: Replaces the check of what may be sent.
        observe: Is told what happened, after each commit.
        ledger: Keeps the model's costs within the company's budget; by default there is no budget.
    """
    if search is None:
        search = KnowledgeSearching(open_uow, embedder, make_ranker(config.answerable_from))
    clean_search = CleanSearch(search)
    guardrails = shipped_guardrails().with_thresholds(config.guardrails.model_dump())
    triage = Triage(
        embedder, scorer, guardrails, Topics(embedder), shipped_acts(), config.sentiment
    )
    drafting = Drafting(
        triage,
        agents or build_agents(limits, None),
        AgentDependencies(search, ledger or NoLedger()),
        check_draft or OutputCheck(limits),
        ActHandlers(),
    )
    settings = AnswerSettings(
        history_limit=config.history_messages,
        unproven_turns_per_day=config.unproven_turns_per_day,
    )
    return UseCases(
        search=clean_search,
        drafting=drafting,
        answering=Answering(open_uow, drafting, settings, detect_language, observe),
        outside_agent=OutsideAgent(
            open_uow,
            triage,
            clean_search,
            lambda turn, draft, text, asks_back: draft_reply(
                TurnContext(turn, draft, AgentDependencies(clean_search), limits),
                text,
                [],
                asks_back,
            ),
            observe,
        ),
        suggesting=Suggesting(
            open_uow, drafting, clean_search, detect_language, config.history_messages
        ),
    )


@cache
def shipped_guardrails() -> Guardrails:
    """The shipped weights, read once a process."""
    return Guardrails.load()


@cache
def shipped_acts() -> ActModel:
    """The shipped weights, read once a process."""
    return ActModel.load()
