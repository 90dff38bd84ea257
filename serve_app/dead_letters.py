"""Lists, shows, replays and discards dead letters: `python -m serve_app dead-letters …`."""

from __future__ import annotations

import argparse
import asyncio
from uuid import UUID

from rich.console import Console

from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.settings import Settings
from domain.errors import Conflict, NotFound
from domain.records import DeadLetter, DeadLetterState
from domain.stores import OpenUnitOfWork
from pipeline import dead_letter
from serve_app.operator import operator
from serve_app.running import running_settings


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands to `parser`."""
    acts = parser.add_subparsers(dest="act", required=True)
    listing = acts.add_parser("list", help="the oldest first")
    listing.add_argument("--state", choices=(*DeadLetterState, "all"), default=DeadLetterState.OPEN)
    listing.add_argument("--limit", type=int, default=100)
    for name, text in (
        ("show", "show one with its raw value"),
        ("replay", "queue its message again; a second replay changes nothing"),
        ("discard", "close it without another try"),
    ):
        act = acts.add_parser(name, help=text)
        act.add_argument("id", type=UUID)
        if name == "discard":
            act.add_argument("--reason", required=True)


def run(settings: Settings, console: Console, arguments: argparse.Namespace) -> int:
    """Run a subcommand; the audit log names the caller as shell:ACCOUNT.

    Without a DATABASE_URL it uses the database of the local system.

    Returns:
        0 on success, 1 after printing why not.

    Raises:
        StoreUnavailable: PostgreSQL is away.
    """
    settings = running_settings(settings)
    return asyncio.run(_run(settings, console, arguments))


async def _run(settings: Settings, console: Console, arguments: argparse.Namespace) -> int:
    pool = Pool(
        settings.database_url.get_secret_value(), role=settings.database_role or None, max_size=1
    )
    staff = operator().name
    opener = open_uow(pool)
    try:
        match arguments.act:
            case "list":
                await _list(opener, console, arguments.state, arguments.limit)
            case "show":
                await _show(opener, console, arguments.id)
            case "replay":
                is_queued = await dead_letter.replay(opener, arguments.id, staff)
                console.print("queued again" if is_queued else "nothing was left to queue")
            case "discard":
                await dead_letter.discard(opener, arguments.id, staff, arguments.reason)
                console.print("discarded")
    except (NotFound, Conflict) as error:
        console.print(str(error), style="bold red", markup=False)
        return 1
    finally:
        await pool.close()
    return 0


async def _list(open_uow: OpenUnitOfWork, console: Console, state: str, limit: int) -> None:
    async with open_uow() as uow:
        letters = await uow.dead_letters.list(
            None if state == "all" else DeadLetterState(state), limit
        )
    for letter in letters:
        console.print(_line(letter), markup=False, soft_wrap=True)
    if not letters:
        console.print("none")


async def _show(open_uow: OpenUnitOfWork, console: Console, dead_letter_id: UUID) -> None:
    async with open_uow() as uow:
        letter = await uow.dead_letters.get(dead_letter_id)
    console.print(_line(letter), markup=False, soft_wrap=True)
    console.print(f"key {letter.key}, message {letter.message_id}", markup=False, soft_wrap=True)
    console.print(letter.value.decode("utf-8", "backslashreplace"), markup=False, soft_wrap=True)


def _line(letter: DeadLetter) -> str:
    cause = " / ".join(letter.cause.splitlines())
    return (
        f"{letter.id}  {letter.created_at:%Y-%m-%d %H:%M:%S}  {letter.state:<9}  {letter.topic}  "
        f"{letter.attempts} attempts  {cause}"
    )
