"""`python -m evals replay` answers stored turns again with another model, prompt or threshold, and shows what differs.

Nothing is written: the database is opened read-only and drafts are never committed. Customers' words go
to the model that is tried, and with --texts to the terminal.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import yaml

from agent.agent import build_agents
from agent.settings import ModelEndpoint
from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.agent_settings import make_agent_settings, make_endpoint
from deployments.bootstrap import bootstrap
from deployments.configs.agent import AgentConfig
from deployments.in_process import InProcessEmbedder, InProcessScorer
from deployments.settings import Settings, read_settings
from domain.errors import ConfigurationError
from domain.stores import OpenUnitOfWork
from evals.settings import agent_config, embedding_config
from pipeline.drafting import Drafting
from pipeline.replay import ReplayedTurn, replay_turn

GROUNDED = "grounded"


def make_drafting(
    work: OpenUnitOfWork,
    settings: Settings,
    config: AgentConfig,
    endpoint: ModelEndpoint | None,
    prompt: str | None,
) -> Drafting:
    """Make the agent stage's use case with the values that are tried."""
    limits = make_agent_settings(settings, config, prompt or "")
    return bootstrap(
        config,
        limits,
        open_uow=work,
        embedder=InProcessEmbedder.configured(embedding_config()),
        scorer=InProcessScorer(),
        agents=build_agents(limits, endpoint),
    ).drafting


async def replay_turns(work: OpenUnitOfWork, drafting: Drafting, limit: int) -> list[ReplayedTurn]:
    """Replay the newest `limit` turns that ended with a reply, newest first. Raises StoreUnavailable."""
    async with work() as unit:
        finished = await unit.turns.finished(limit)
    return [await replay_turn(work, drafting, turn) for turn in finished]


def changed_config(config: AgentConfig, changes: Sequence[str]) -> AgentConfig:
    """Apply `changes` such as `key=value` or `guardrails.refund=0.7`. Raises ConfigurationError."""
    values = config.model_dump()
    for change in changes:
        path, is_given, value = change.partition("=")
        *parents, name = path.split(".")
        target = values
        for parent in parents:
            target = target.get(parent, {})
        if not is_given or name not in target:
            raise ConfigurationError(f"{change}: no such setting of the agent; write key=value")
        target[name] = yaml.safe_load(value)
    try:
        return AgentConfig.model_validate(values)
    except ValueError as error:
        raise ConfigurationError(f"these settings are not possible: {error}") from error


def report(differences: Sequence[ReplayedTurn], with_texts: bool) -> None:
    """Print the turns that ended differently, then the replies with other words."""
    ends = Counter((difference.before.said, difference.after.said) for difference in differences)
    print(f"{'before':32} {'now':32} {'turns':>6}")
    for (before, after), count in sorted(ends.items(), key=lambda item: (-item[1], item[0])):
        print(f"{before:32} {after:32} {count:6}{'' if before == after else '  <-'}")
    other = sum(difference.is_other_end for difference in differences)
    likeness = [difference.likeness for difference in differences if not difference.is_other_end]
    mean = sum(likeness) / len(likeness) if likeness else 1.0
    print(
        f"{len(differences)} turns replayed, {other} end differently;"
        f" the replies of the others are alike by {mean:.2f}"
    )
    for difference in differences:
        if difference.is_other_end or difference.likeness < 1:
            print(
                f"{difference.turn_id}: {difference.before.said} -> {difference.after.said},"
                f" replies alike by {difference.likeness:.2f}"
            )
            if with_texts:
                print(f"    asked: {' '.join(difference.asked.split())}")
                lines = difflib.unified_diff(
                    difference.before.reply.splitlines(),
                    difference.after.reply.splitlines(),
                    "before",
                    "now",
                    n=1,
                )
                print("".join(f"    {line.rstrip()}\n" for line in lines), end="")


def write_report(differences: Sequence[ReplayedTurn], path: Path) -> None:
    """Write the ends without anybody's words."""
    rows = [
        {
            "turn": str(difference.turn_id),
            "before": difference.before.said,
            "after": difference.after.said,
            "likeness": round(difference.likeness, 3),
        }
        for difference in differences
    ]
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


async def _run(arguments: argparse.Namespace) -> list[ReplayedTurn]:
    settings = read_settings()
    url = settings.database_url.get_secret_value()
    if not url:
        raise ConfigurationError("set DATABASE_URL to the database whose conversations to replay")
    config = changed_config(agent_config(), arguments.set or [])
    if arguments.model:
        config = config.model_copy(update={"model": arguments.model})
    endpoint = None if arguments.model == GROUNDED else make_endpoint(settings, config)
    if arguments.model not in (None, GROUNDED) and endpoint is None:
        raise ConfigurationError("a model needs OPENAI_API_KEY or OPENAI_BASE_URL")
    prompt = arguments.prompt.read_text(encoding="utf-8") if arguments.prompt else None
    pool = Pool(url, role=settings.database_role or None, max_size=2, is_read_only=True)
    try:
        work = open_uow(pool)
        drafting = make_drafting(work, settings, config, endpoint, prompt)
        return await replay_turns(work, drafting, arguments.limit)
    finally:
        await pool.close()


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals replay", description=__doc__)
    parser.add_argument("--limit", type=int, default=100, help="so many of the newest turns")
    parser.add_argument("--model", help=f"another model of the server, or {GROUNDED!r}")
    parser.add_argument("--prompt", type=Path, help="a file in place of agent/prompts/support.md")
    parser.add_argument(
        "--set",
        action="append",
        metavar="KEY=VALUE",
        help="a value of the agent's user_config, such as guardrails.refund=0.7",
    )
    parser.add_argument("--texts", action="store_true", help="show what was asked and said")
    parser.add_argument("--output", type=Path, help="a JSON file for the ends, without texts")
    arguments = parser.parse_args(words)
    differences = asyncio.run(_run(arguments))
    report(differences, arguments.texts)
    if arguments.output:
        write_report(differences, arguments.output)
    return 0
