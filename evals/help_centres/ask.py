"""Asks a centre's questions through the product's own triage, search and answerer, without Ray and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from agent.agent import build_agents
from agent.language import detect_language
from agent.settings import ModelEndpoint
from channels.registry import channel_configs
from deployments.agent_settings import make_agent_settings
from deployments.articles import relate
from deployments.bootstrap import bootstrap
from deployments.in_process import InProcessScorer
from deployments.ranking import make_ranker
from deployments.settings import read_settings
from documents.reader import FileReader
from domain.channels import Channel
from domain.identifiers import Assurance
from domain.messages import Role
from domain.turn_text import prepare
from domain.turns import Draft, HistoryEntry, Turn, TurnMessage
from domain.wording import render
from evals.help_centres.centre import Centre, Question, folders, read_centre
from evals.help_centres.memory import MemoryKnowledge, memory_uow
from evals.settings import agent_config, embedding_config
from evals.stages import in_process_embedder
from pipeline.calibration import calibrate
from pipeline.drafting import Drafting
from pipeline.imports import publish_import

NAME = "Ada Fox"
_TICKET = "TKT-20260101-ABCDEFGH"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the last reply as the customer sees it, and the draft behind it."""

    question: Question
    turn: Turn
    draft: Draft
    reply: str


async def ask_centres(
    names: list[str] | None = None, endpoint: ModelEndpoint | None = None
) -> list[tuple[Centre, list[Asked]]]:
    """Ask every question of the carried centres, or of the given names or folders."""
    reader = FileReader()
    try:
        centres = [await read_centre(folder, reader) for folder in folders(names)]
    finally:
        await asyncio.to_thread(reader.close)
    return [(centre, await ask_centre(centre, endpoint)) for centre in centres]


async def ask_centre(centre: Centre, endpoint: ModelEndpoint | None = None) -> list[Asked]:
    """Index the centre alone, then ask its questions, each as a customer of its own."""
    open_uow = memory_uow(MemoryKnowledge())
    embedder = in_process_embedder()
    key = embedding_config().retrieval_key_for(centre.company.languages)
    await publish_import(centre.plan, open_uow, embedder, centre.name, key, relate, "evals")
    await calibrate(open_uow, embedder, make_ranker())
    config = agent_config()
    limits = make_agent_settings(read_settings(), config)
    agents = build_agents(limits, endpoint)
    drafting = bootstrap(
        config,
        limits,
        open_uow=open_uow,
        embedder=embedder,
        scorer=InProcessScorer(),
        agents=agents,
    ).drafting
    try:
        return [await _ask(drafting, centre, question) for question in centre.questions]
    finally:
        for agent in agents:
            await agent.close()


async def _ask(drafting: Drafting, centre: Centre, question: Question) -> Asked:
    now = datetime.now(UTC)
    history: list[HistoryEntry] = []
    asked: Asked | None = None
    for text in question.turns:
        if asked is not None and asked.draft.escalation is not None:
            break
        turn = make_turn(centre, question, text, history, asked, now)
        draft, _ = await drafting.draft(turn)
        asked = Asked(question, turn, draft, _as_seen(turn, draft))
        history += _said(turn, draft, now)
        now += timedelta(minutes=1)
    assert asked is not None
    return asked


def make_turn(
    centre: Centre,
    question: Question,
    text: str,
    history: Sequence[HistoryEntry] = (),
    before: Asked | None = None,
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC),
) -> Turn:
    """Make the turn of a customer's message; `before` is what became of the one before it."""
    config = next(
        config for config in channel_configs() if config.channel == Channel(question.channel)
    )
    prepared = prepare(text)
    language = detect_language(prepared.text, before.turn.language if before is not None else None)
    return Turn(
        uuid4(),
        1,
        uuid4(),
        NAME,
        history[0].conversation_id if history else uuid4(),
        Assurance.PROVIDER_ATTESTED,
        config,
        centre.company,
        (TurnMessage(uuid4(), prepared.text, now, is_cut=prepared.is_cut),),
        tuple(history),
        before.draft.ticket if before is not None else None,
        clarifications_before=int(before is not None and before.draft.asks_back),
        language=language,
    )


def _said(turn: Turn, draft: Draft, now: datetime) -> Sequence[HistoryEntry]:
    entry = HistoryEntry(
        Role.CUSTOMER,
        turn.channel.channel,
        turn.text,
        now,
        turn.conversation_id,
        turn.assurance,
    )
    return [entry, replace(entry, role=Role.AGENT, content=draft.reply or "")]


def _as_seen(turn: Turn, draft: Draft) -> str:
    number = draft.ticket.number if draft.ticket is not None else _TICKET
    return render(
        draft.reply or "",
        turn.channel,
        turn.customer_name,
        number,
        turn.company,
        turn.language,
        is_whole=bool(draft.fixed),
    )
