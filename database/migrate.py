"""Applies numbered, forward-only migrations, each in a transaction and by one process at a time."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from database.errors import domain_errors
from database.session import Connection
from domain.errors import ConfigurationError

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
OLDEST_POSTGRES = 16
OLDEST_PGVECTOR = (0, 8, 4)
"""Older versions can corrupt an HNSW index."""
_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_LOCK = 0x6674655F736368  # "fte_sch": the same number in every process that migrates
_BOOKKEEPING = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)"""


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration file."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the SQL, by which a later change is detected."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """Read migrations by number. Raises ConfigurationError for a gap, a duplicate or an invalid name."""
    migrations = []
    for path in sorted(folder.glob("*.sql")):
        named = _FILE.fullmatch(path.name)
        if named is None:
            raise ConfigurationError(f"{path.name} is not named like 0001_what_it_does.sql")
        migrations.append(Migration(int(named[1]), named[2], path.read_text(encoding="utf-8")))
    if [migration.number for migration in migrations] != list(range(1, len(migrations) + 1)):
        raise ConfigurationError("migrations are not numbered from 0001 without gaps or duplicates")
    return migrations


async def migrate(dsn: str, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Apply missing migrations and return their names; idempotent and safe in concurrent processes.

    A database that is newer than this code is left unchanged (a rollback of a rolling deployment).

    Raises:
        StoreUnavailable: PostgreSQL can't be reached.
        ConfigurationError: An applied migration was changed, or the server is too old.
    """
    wanted = read_migrations() if migrations is None else migrations
    with domain_errors():
        connection: Connection = await asyncpg.connect(dsn, timeout=10)
        try:
            await _check_server(connection)
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
            return await _apply(connection, wanted)
        finally:
            # The end of the session releases the lock, even if this process is killed.
            await connection.close(timeout=5)


async def _apply(connection: Connection, wanted: Sequence[Migration]) -> list[str]:
    await connection.execute(_BOOKKEEPING)
    rows = await connection.fetch("SELECT number, checksum FROM schema_migrations")
    checksums = {row["number"]: row["checksum"] for row in rows}
    applied = []
    for migration in wanted:
        checksum = checksums.get(migration.number)
        if checksum == migration.checksum:
            continue
        if checksum is not None:
            raise ConfigurationError(
                f"migration {migration.number:04d}_{migration.name} was changed after it had been "
                "applied to this database: restore the file and add a new migration"
            )
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)",
                migration.number,
                migration.name,
                migration.checksum,
            )
        log.info("applied migration %04d %s", migration.number, migration.name)
        applied.append(f"{migration.number:04d}_{migration.name}")
    return applied


async def _check_server(connection: Connection) -> None:
    major = connection.get_server_version().major
    if major < OLDEST_POSTGRES:
        raise ConfigurationError(
            f"PostgreSQL {major} is too old: {OLDEST_POSTGRES} or later is needed"
        )
    version: str | None = await connection.fetchval(
        "SELECT coalesce(installed_version, default_version) FROM pg_available_extensions"
        " WHERE name = 'vector'"
    )
    oldest = ".".join(map(str, OLDEST_PGVECTOR))
    if version is None:
        raise ConfigurationError(
            f"PostgreSQL has no pgvector extension: {oldest} or later is needed"
        )
    if tuple(map(int, re.findall(r"\d+", version)))[:3] < OLDEST_PGVECTOR:
        raise ConfigurationError(f"pgvector {version} is too old: {oldest} or later is needed")
