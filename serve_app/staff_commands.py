"""Adds, lists, rotates and withdraws staff accounts: `python -m serve_app staff …`."""

from __future__ import annotations

import argparse
import asyncio

from rich.console import Console

from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.settings import Settings
from domain.errors import ConfigurationError, Conflict, Malformed
from domain.principals import Role
from domain.staff_accounts import StaffAccount
from domain.stores import OpenUnitOfWork
from pipeline.staff_accounts import add_account, rotate_key, withdraw
from serve_app.operator import operator
from serve_app.running import running_settings


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands to `parser`."""
    acts = parser.add_subparsers(dest="act", required=True)
    add = acts.add_parser("add", help="add an account and print its key once")
    add.add_argument("name", metavar="NAME")
    add.add_argument(
        "--role", required=True, choices=[role.value for role in Role], help="what it may do"
    )
    add.add_argument("--email", help="address of its owner")
    acts.add_parser("list", help="list the accounts")
    rotate = acts.add_parser("rotate", help="print a new key once; the former one ends")
    rotate.add_argument("name", metavar="NAME")
    gone = acts.add_parser("withdraw", help="end an account, its key and its sessions")
    gone.add_argument("name", metavar="NAME")


def run(settings: Settings, console: Console, arguments: argparse.Namespace) -> int:
    """Run a subcommand; the audit log names the caller as shell:ACCOUNT.

    Without a DATABASE_URL it uses the database of the local system. A running system needs no restart.

    Returns:
        0 on success, 1 after printing why not.

    Raises:
        ConfigurationError: No system is set up here.
        StoreUnavailable: PostgreSQL is away.
    """
    settings = running_settings(settings)
    if not settings.database_url.get_secret_value():
        raise ConfigurationError(
            "There is no system here: start it with `make run` (and name its DATA_DIR here), or set DATABASE_URL."
        )
    try:
        lines = asyncio.run(_act(settings, arguments))
    except (Conflict, Malformed) as error:
        reasons = list(error.fields.values()) if isinstance(error, Malformed) else []
        words = "; ".join([str(error), *reasons])
        console.print(f"{words}.", style="bold red", markup=False, soft_wrap=True)
        return 1
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    return 0


async def _act(settings: Settings, arguments: argparse.Namespace) -> list[str]:
    pool = Pool(
        settings.database_url.get_secret_value(), role=settings.database_role or None, max_size=1
    )
    try:
        return await _lines(open_uow(pool), settings, arguments)
    finally:
        await pool.close()


async def _lines(
    opener: OpenUnitOfWork, settings: Settings, arguments: argparse.Namespace
) -> list[str]:
    author = operator().name
    if arguments.act == "add":
        account, key = await add_account(
            opener,
            arguments.name,
            arguments.email,
            Role(arguments.role),
            author,
            settings.staff_keys,
        )
        return [f"{account.name} ({account.role}) signs in with this key, shown this once:", key]
    async with opener() as uow:
        accounts = await uow.staff_accounts.list()
    if arguments.act == "list":
        return [_line(account) for account in accounts] or ["There are no accounts."]
    named = [one for one in accounts if one.name.lower() == arguments.name.strip().lower()]
    if not named:
        raise Conflict(f"there is no account {arguments.name}")
    if arguments.act == "rotate":
        account, key = await rotate_key(opener, named[0].id, author)
        return [f"{account.name}'s former key is void; the new one, shown this once:", key]
    await withdraw(opener, named[0].id, author, others_administer=True)
    return [f"{named[0].name} is withdrawn: the key and all sessions have ended."]


def _line(account: StaffAccount) -> str:
    way = "key" if account.issuer is None else "identity provider"
    seen = f"{account.last_seen_at:%Y-%m-%d}" if account.last_seen_at else "never"
    address = f" <{account.email}>" if account.email else ""
    return f"{account.name}{address}: {account.role}, by {way}, last seen {seen}"
