"""Exports and imports the company profile: `python -m serve_app company …`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from rich.console import Console

from company.document import parse_yaml, to_yaml
from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.settings import Settings, read_settings
from domain.company import Company, StoredCompany
from domain.errors import Conflict, InvalidProfile
from pipeline.company import change_company
from serve_app.local.preparation import settings_file
from serve_app.operator import operator


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands to `parser`."""
    acts = parser.add_subparsers(dest="act", required=True)
    for name, text in (
        ("export", "write the profile in force to a YAML file"),
        ("import", "make a YAML file the new version of the profile"),
    ):
        act = acts.add_parser(name, help=text)
        act.add_argument("file", type=Path, metavar="FILE")


def run(settings: Settings, console: Console, arguments: argparse.Namespace) -> int:
    """Run a subcommand; the audit log names the caller as shell:ACCOUNT.

    Without a DATABASE_URL it uses the database of the local system.

    Returns:
        0 on success, 1 after printing why not.

    Raises:
        StoreUnavailable: PostgreSQL is away.
    """
    local = settings_file(settings.data_dir)
    if not settings.database_url.get_secret_value() and local.exists():
        settings = read_settings(local)
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


def _pool(settings: Settings) -> Pool:
    return Pool(
        settings.database_url.get_secret_value(), role=settings.database_role or None, max_size=1
    )
