"""Exports and imports the company profile, and ends a demo: `python -m serve_app company …`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from rich.console import Console

from company.document import parse_yaml, to_yaml
from database.empty import count, empty
from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.settings import Settings
from domain.company import NO_COMPANY, Company, StoredCompany
from domain.errors import Conflict, InvalidProfile
from pipeline.company import change_company
from serve_app.operator import operator
from serve_app.running import running_settings


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands to `parser`."""
    acts = parser.add_subparsers(dest="act", required=True)
    for name, text in (
        ("export", "write the profile in force to a YAML file"),
        ("import", "make a YAML file the new version of the profile"),
    ):
        act = acts.add_parser(name, help=text)
        act.add_argument("file", type=Path, metavar="FILE")
    leave = acts.add_parser(
        "leave-demo", help="delete the sample company and all that was written to it"
    )
    leave.add_argument(
        "--yes", action="store_true", help="do it; without, only say what would be deleted"
    )


def run(settings: Settings, console: Console, arguments: argparse.Namespace) -> int:
    """Run a subcommand; the audit log names the caller as shell:ACCOUNT.

    Without a DATABASE_URL it uses the database of the local system.

    Returns:
        0 on success, 1 after printing why not.

    Raises:
        StoreUnavailable: PostgreSQL is away.
    """
    settings = running_settings(settings)
    if arguments.act == "leave-demo":
        return asyncio.run(_leave_demo(settings, console, is_sure=arguments.yes))
    try:
        if arguments.act == "export":
            stored = asyncio.run(_current(settings))
            arguments.file.write_text(to_yaml(stored.company), encoding="utf-8")
            console.print(f"written: {arguments.file}, version {stored.version}", markup=False)
            return 0
        company = parse_yaml(arguments.file.read_text(encoding="utf-8"))
        version = asyncio.run(_change(settings, company))
    except InvalidProfile as error:
        console.print(f"{arguments.file} was not imported:", style="bold red", markup=False)
        for field, reason in error.fields.items():
            console.print(f"- {field}: {reason}" if field else f"- {reason}", markup=False)
        return 1
    except (Conflict, OSError, UnicodeDecodeError) as error:
        console.print(str(error), style="bold red", markup=False)
        return 1
    console.print(f"version {version} of the company profile is in force")
    return 0


async def _current(settings: Settings) -> StoredCompany:
    pool = _pool(settings)
    try:
        async with open_uow(pool)() as uow:
            return await uow.company.current()
    finally:
        await pool.close()


async def _change(settings: Settings, company: Company) -> int:
    """Replace whatever is in force: the file's owner decided."""
    pool = _pool(settings)
    try:
        async with open_uow(pool)() as uow:
            stored = await uow.company.current()
        return await change_company(
            open_uow(pool), company, replaces=stored.version, author=operator().name
        )
    finally:
        await pool.close()


async def _leave_demo(settings: Settings, console: Console, *, is_sure: bool) -> int:
    # Without the stages' role, which may not empty a table.
    dsn = settings.database_url.get_secret_value()
    found = await count(dsn)
    listed = ", ".join(f"{number} {what}" for what, number in found.items())
    if not is_sure:
        console.print(f"This would delete {listed}. Add --yes to do it.", soft_wrap=True)
        return 1
    await empty(dsn)
    # A profile of nobody's keeps the next start from loading the sample again.
    await _change(settings, NO_COMPANY)
    console.print(f"Deleted {listed}.", soft_wrap=True)
    console.print(
        "Now `python -m serve_app company import FILE` sets your profile and"
        " `python -m serve_app knowledge import FOLDER` your articles.",
        soft_wrap=True,
    )
    return 0


def _pool(settings: Settings) -> Pool:
    return Pool(
        settings.database_url.get_secret_value(), role=settings.database_role or None, max_size=1
    )
