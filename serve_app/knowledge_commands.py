"""Manages articles, learning, embedding models and digests from a terminal (`python -m serve_app knowledge …`)."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from rich.console import Console
from rich.table import Table

from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.articles import cut, cut_article, cut_written, relate
from deployments.configs.agent import AgentConfig
from deployments.configs.base import StageConfig
from deployments.configs.embedding import EmbeddingConfig
from deployments.configs.relay import RelayConfig
from deployments.in_process import InProcessEmbedder
from deployments.ranking import make_ranker
from deployments.settings import Settings
from documents.folder import files_of, write_folder
from documents.reader import FileReader
from domain.documents import ImportLimits
from domain.encoders import Encoder
from domain.errors import ConfigurationError, Conflict, Malformed, NotFound
from domain.knowledge import ArticleEntry
from domain.stores import OpenUnitOfWork
from embeddings.retrieval import load_settings
from pipeline.articles import Editing
from pipeline.calibration import calibrate
from pipeline.digest import read_digest
from pipeline.digest_text import describe
from pipeline.imports import ImportPlan, plan_import, publish_import
from pipeline.learning.candidates import add_candidates, collect_questions
from pipeline.learning.curate import Curation
from pipeline.learning.gaps import find_gaps
from pipeline.learning.regression import Regression
from pipeline.reembed import Progress, reembed, roll_back, switch_model
from serve_app.check_config import read_config, stage_config
from serve_app.operator import operator
from serve_app.prepare import CONFIG
from serve_app.running import running_settings

_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class _Stages:
    """The configuration of the stages whose work the commands repeat by hand."""

    embedding: EmbeddingConfig
    agent: AgentConfig
    relay: RelayConfig

    @classmethod
    def read(cls) -> _Stages:
        config = read_config(CONFIG)
        return cls(
            _of_kind(EmbeddingConfig, stage_config(config, "embedding")),
            _of_kind(AgentConfig, stage_config(config, "agent")),
            _of_kind(RelayConfig, stage_config(config, "relay")),
        )


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a command works with."""

    open_uow: OpenUnitOfWork
    embedder: InProcessEmbedder
    stages: _Stages
    console: Console

    async def first_model(self) -> str:
        """The model of a knowledge base that has none yet, by the languages of the company."""
        async with self.open_uow() as uow:
            profile = await uow.company.current()
        return self.stages.embedding.retrieval_key_for(profile.company.languages)

    @property
    def curation(self) -> Curation:
        ranker = make_ranker(self.stages.agent.answerable_from)
        return Curation(self.open_uow, self.embedder, ranker, cut, relate)

    @property
    def editing(self) -> Editing:
        ranker = make_ranker(self.stages.agent.answerable_from)
        return Editing(self.open_uow, self.embedder, ranker, cut_written, self.first_model, relate)


_Kind = TypeVar("_Kind", bound=StageConfig)
_Command = Callable[[_Desk, argparse.Namespace], Awaitable[None]]


def add_commands(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `knowledge` with its subcommands, and `digest`."""
    digest = chosen.add_parser("digest", help="print the day's digest")
    digest.add_argument("--date", type=date.fromisoformat, default=None, help="of this day (UTC)")
    digest.set_defaults(run=run_command, act=_digest)
    knowledge = chosen.add_parser("knowledge", help="import, export, learn, switch the model …")
    knowledge.set_defaults(run=run_command)
    acts = knowledge.add_subparsers(dest="knowledge_command", required=True)

    def add(name: str, act: _Command, text: str, *arguments: str) -> argparse.ArgumentParser:
        parser = acts.add_parser(name, help=text, description=text)
        for argument in arguments:
            parser.add_argument(argument)
        parser.set_defaults(act=act)
        return parser

    importing = add(
        "import",
        _import,
        "import a folder of HTML, Markdown, CSV, PDF, Word and text files",
        "folder",
    )
    importing.add_argument(
        "--preview", action="store_true", help="show what would be published, and publish nothing"
    )
    importing.add_argument(
        "--force",
        action="store_true",
        help="publish even if a regression question would lose its article",
    )
    importing.add_argument("--source", help="name of the source; by default the folder's own")
    exporting = add("export", _export, "write every article as a Markdown file", "folder")
    exporting.add_argument("--source", help="only this source")
    add("articles", _articles, "list the articles, those to review first")
    add("unpublish", _unpublish, "remove an article from searches", "article_id")
    add("publish", _publish, "let searches find an unpublished article again", "article_id")
    add("learn", _learn, "extract candidates from tickets resolved since the last run")
    add("candidates", _candidates, "list candidates that wait for a decision")
    approving = add("approve", _approve, "publish a candidate, edited or unchanged", "candidate_id")
    approving.add_argument("--title", help="replaces the proposed title")
    approving.add_argument("--text", help="replaces the proposed text")
    rejecting = add("reject", _reject, "never propose a candidate again", "candidate_id")
    rejecting.add_argument("--reason", help="stored with the decision")
    gaps = add("gaps", _gaps, "list questions that found no answer")
    gaps.add_argument("--days", type=int, default=30)
    add("models", _models, "list the embedding models and their progress")
    add("reembed", _reembed, "embed all chunks by another model beside the live one", "model_id")
    switching = add("switch-model", _switch, "let searches read another model's vectors")
    switching.add_argument(
        "model_id",
        nargs="?",
        help="its key, backend:model; by default the configured retrieval_model",
    )
    switching.add_argument("--force", action="store_true", help="switch even if recall falls")
    add("rollback-model", _rollback, "let searches read the previous model's vectors again")
    add("drop-model", _drop, "delete the vectors of a model that is not live", "model_id")


def run_command(settings: Settings, console: Console, arguments: argparse.Namespace) -> int:
    """Run a subcommand. Without a DATABASE_URL it uses the database of the local system.

    Returns:
        0 on success, 1 after printing why not.

    Raises:
        ConfigurationError: No database is set.
    """
    settings = running_settings(settings)
    if not settings.database_url.get_secret_value():
        raise ConfigurationError(
            "No database is set: DATABASE_URL, or DATA_DIR of a system that `make run` started."
        )
    return asyncio.run(_run(settings, console, _Stages.read(), arguments))


async def _run(
    settings: Settings, console: Console, stages: _Stages, arguments: argparse.Namespace
) -> int:
    pool = Pool(
        settings.database_url.get_secret_value(),
        role=settings.database_role or None,
        max_size=2,
        application_name="knowledge",
    )
    try:
        desk = _Desk(
            open_uow(pool), InProcessEmbedder.configured(stages.embedding), stages, console
        )
        await arguments.act(desk, arguments)
    except (Conflict, NotFound, Malformed) as error:
        console.print(str(error), style="bold red", markup=False)
        return 1
    finally:
        await pool.close()
    return 0


async def _import(desk: _Desk, arguments: argparse.Namespace) -> None:
    folder = await asyncio.to_thread(_existing_folder, arguments.folder)
    limits = ImportLimits()
    reader = FileReader(limits)
    try:
        files = files_of(folder, limits.file_bytes)
        plan = await plan_import(files, reader, cut_article, limits)
    finally:
        await asyncio.to_thread(reader.close)
    source = arguments.source or folder.name
    _show_plan(desk.console, plan, with_articles=arguments.preview)
    if arguments.preview:
        return
    ranker = make_ranker(desk.stages.agent.answerable_from)
    regression = Regression(desk.open_uow, desk.embedder, ranker)
    done = await publish_import(
        plan,
        desk.open_uow,
        desk.embedder,
        source,
        await desk.first_model(),
        relate,
        operator().name,
        check=None if arguments.force else regression.refuse,
    )
    await calibrate(desk.open_uow, desk.embedder, make_ranker())
    desk.console.print(
        f"{source}: {done.articles} articles, {done.embedded_chunks} chunks embedded,"
        f" {done.unchanged_chunks} unchanged, {done.removed_articles} articles removed"
    )


def _existing_folder(name: str) -> Path:
    folder = Path(name).resolve()
    if not folder.is_dir():
        raise Malformed(f"{name} is no folder")
    return folder


def _show_plan(console: Console, plan: ImportPlan, *, with_articles: bool) -> None:
    def tell(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    for file, columns in plan.columns.items() if with_articles else ():
        tell(f"{file}: " + ", ".join(f"{field} from “{name}”" for field, name in columns.items()))
    for article in plan.articles if with_articles else ():
        passages = article.passages
        where = f"{article.file}, {article.place}" if article.place else article.file
        marks = [passages.language or "?", passages.category, f"{len(passages.passages)} passages"]
        marks += ["said whole"] if passages.is_whole else []
        marks += ["unpublished"] if passages.is_outdated else []
        tell(f"{passages.title}\n    {where}; {', '.join(marks)}\n    {passages.url or 'no link'}")
        for text, _ in passages.passages:
            tell("\n".join(f"    | {line}" for line in text.split("\n")))
    for problem in plan.problems:
        tell(f"{'left out' if problem.is_left_out else 'note'}: {problem}")
    if not with_articles:
        return
    left_out = sum(problem.is_left_out for problem in plan.problems)
    tell(f"{plan.files} files read, {len(plan.articles)} articles found, {left_out} left out")


async def _export(desk: _Desk, arguments: argparse.Namespace) -> None:
    async with desk.open_uow() as uow:
        entries = await uow.knowledge.articles(arguments.source, _ALL)
        newest = [(await uow.knowledge.versions(entry.article_id))[0] for entry in entries]
    by_id: dict[object, ArticleEntry] = {entry.article_id: entry for entry in entries}
    await asyncio.to_thread(write_folder, Path(arguments.folder), newest, by_id)
    desk.console.print(f"{len(newest)} articles written to {arguments.folder}", soft_wrap=True)


async def _articles(desk: _Desk, _arguments: argparse.Namespace) -> None:
    async with desk.open_uow() as uow:
        entries = await uow.knowledge.articles(None, _ALL)
    for entry in entries:
        against = entry.down_votes + entry.reopened + entry.contradicted
        state = "published" if entry.is_published else "unpublished"
        desk.console.print(
            f"{entry.article_id}  {entry.title}\n    {state}, version {entry.version}, {entry.source};"
            f" {entry.up_votes} for it, {against} against",
            markup=False,
            soft_wrap=True,
        )
    desk.console.print(f"{len(entries)} articles, those to review first")


async def _unpublish(desk: _Desk, arguments: argparse.Namespace) -> None:
    await desk.editing.set_published(_uuid(arguments.article_id), operator().name, False)
    desk.console.print("searches no longer find it")


async def _publish(desk: _Desk, arguments: argparse.Namespace) -> None:
    await desk.editing.set_published(_uuid(arguments.article_id), operator().name, True)
    desk.console.print("searches find it again")


async def _learn(desk: _Desk, _arguments: argparse.Namespace) -> None:
    learning = desk.stages.relay.learning
    ranker = make_ranker(desk.stages.agent.answerable_from)
    lessons = await add_candidates(desk.open_uow, desk.embedder, ranker, learning.limits)
    questions = await collect_questions(desk.open_uow)
    for lesson, count in sorted(lessons.items()):
        desk.console.print(f"{lesson.value}: {count}")
    desk.console.print(f"{sum(lessons.values())} resolutions read, {questions} questions confirmed")


async def _candidates(desk: _Desk, _arguments: argparse.Namespace) -> None:
    async with desk.open_uow() as uow:
        found = [
            candidate for candidate in await uow.lessons.candidates(None, 500) if candidate.is_open
        ]
    for candidate in found:
        numbers = ", ".join(item.ticket_number for item in candidate.evidence)
        state = (
            f"{candidate.state.value}: {candidate.reason}"
            if candidate.reason
            else candidate.state.value
        )
        desk.console.print(
            f"{candidate.id}  {state}\nfrom {numbers}, trusted until {candidate.expires_at:%Y-%m-%d}\n"
            f"{candidate.title}\n{candidate.text}\n",
            markup=False,
            soft_wrap=True,
        )
    desk.console.print(f"{len(found)} candidates wait")


async def _approve(desk: _Desk, arguments: argparse.Namespace) -> None:
    done = await desk.curation.approve(
        _uuid(arguments.candidate_id), operator().name, arguments.title, arguments.text
    )
    figures = done.evaluation
    desk.console.print(
        f"published as {done.article_id}; {figures.found_after} of {figures.questions} questions find"
        f" their article, as {figures.found_before} did before"
    )


async def _reject(desk: _Desk, arguments: argparse.Namespace) -> None:
    await desk.curation.reject(_uuid(arguments.candidate_id), operator().name, arguments.reason)
    desk.console.print("rejected")


async def _gaps(desk: _Desk, arguments: argparse.Namespace) -> None:
    now = datetime.now(UTC)
    gaps = await find_gaps(desk.open_uow, desk.embedder, now - timedelta(days=arguments.days), now)
    for gap in gaps:
        desk.console.print(
            f"{gap.count:4} {gap.name}: {gap.examples[0]}", markup=False, soft_wrap=True
        )
    desk.console.print(f"{sum(gap.count for gap in gaps)} searches found nothing")


async def _models(desk: _Desk, _arguments: argparse.Namespace) -> None:
    async with desk.open_uow() as uow:
        entries = await uow.models.entries()
        gates = [await uow.knowledge.gate(entry.model_id) for entry in entries if entry.is_live]
    table = Table("model", "dimension", "chunks", "missing", "")
    for entry in entries:
        role = "live" if entry.is_live else "previous" if entry.is_previous else ""
        table.add_row(
            entry.model_id, str(entry.dimension), str(entry.chunks), str(entry.missing), role
        )
    desk.console.print(table)
    for gate in filter(None, gates):
        desk.console.print(
            f"answers from {gate.answer_from}, offers a choice from {gate.offer_from}; expected by"
            f" {gate.questions} questions ({gate.labelled} of customers): {gate.expected_wrong:.0%} of those that no"
            f" article answers are answered, {gate.expected_missed:.0%} of the others are not",
            soft_wrap=True,
        )


async def _reembed(desk: _Desk, arguments: argparse.Namespace) -> None:
    made = await reembed(desk.open_uow, desk.embedder, arguments.model_id, relate, _teller(desk))
    desk.console.print(f"{made} vectors made; searches read the live model as before")


async def _switch(desk: _Desk, arguments: argparse.Namespace) -> None:
    model_id = arguments.model_id or desk.stages.embedding.retrieval_key
    done = await switch_model(
        desk.open_uow, desk.embedder, model_id, relate, operator().name,
        lowest_recall_change=-1.0 if arguments.force else -0.02, tell=_teller(desk),
    )  # fmt: skip
    desk.console.print(
        f"searches read {model_id}; recall {done.recall_before:.3f} -> {done.recall_after:.3f},"
        f" overlap {done.overlap:.3f} over {done.questions} questions",
        soft_wrap=True,
    )
    async with desk.open_uow() as uow:
        [live] = [entry for entry in await uow.models.entries() if entry.is_live]
    if load_settings(Encoder.of_key(live.model_id, live.dimension)).encoder is None:
        desk.console.print(
            "no ranking weights were fitted on it: a search counts as answered only where the article holds"
            " the question's own words, and more goes to a person. To fit them, name it as"
            " retrieval_model in config.yaml and run: python -m evals.fit retrieval",
            soft_wrap=True,
        )


async def _rollback(desk: _Desk, _arguments: argparse.Namespace) -> None:
    model_id = await roll_back(desk.open_uow, desk.embedder, relate, operator().name, _teller(desk))
    desk.console.print(f"searches read {model_id} again")


async def _drop(desk: _Desk, arguments: argparse.Namespace) -> None:
    async with desk.open_uow() as uow:
        count = await uow.models.drop(arguments.model_id)
        await uow.audit.add(operator().name, "drop_embedding_model", "model", arguments.model_id)
        await uow.commit()
    desk.console.print(f"{count} vectors deleted")


async def _digest(desk: _Desk, arguments: argparse.Namespace) -> None:
    now = datetime.now(UTC)
    body = await read_digest(
        desk.open_uow,
        desk.embedder,
        arguments.date or now.date(),
        now,
        desk.stages.agent.sentiment_escalate_below,
    )
    desk.console.print(describe(body), markup=False, soft_wrap=True)


def _teller(desk: _Desk) -> Callable[[Progress], None]:
    return lambda progress: desk.console.print(f"{progress.done} of {progress.total} chunks")


def _of_kind(kind: type[_Kind], config: StageConfig) -> _Kind:
    if not isinstance(config, kind):
        raise TypeError(f"expected a {kind.__name__}, got {type(config).__name__}")
    return config


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Malformed(f"{text} is not a UUID") from error
