"""Prepares the graph's start: checks the settings, migrates the schema and indexes the knowledge base."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from channels.registry import channel_configs
from company.document import parse_yaml
from database.migrate import migrate
from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.configs.embedding import EmbeddingConfig
from deployments.in_process import InProcessEmbedder
from deployments.settings import Settings, read_settings
from domain.errors import ConfigurationError, InvalidProfile
from domain.stores import OpenUnitOfWork, UnitOfWork
from pipeline.company import save
from pipeline.going_live import has_company
from pipeline.staff_accounts import FIRST_ADMINISTRATOR, first_administrator
from serve_app.check_config import read_config, stage_config
from serve_app.knowledge import index_document
from serve_app.local.preparation import settings_file
from serve_app.sample_company import SAMPLE_DOCUMENT, SAMPLE_PROFILE, sample_company
from serve_app.shipped import IS_CHECKOUT, ROOT, shipped

CONFIG = shipped("config.yaml")


def prepare(settings: Settings, say: Callable[[str], None] = lambda _line: None) -> Settings:
    """Migrate and seed the database. Idempotent, and quick if nothing has changed.

    Returns:
        The settings with absolute paths.

    Raises:
        ConfigurationError: It lists the missing settings.
        StoreUnavailable: PostgreSQL is away.
    """
    settings.require_complete()
    asyncio.run(_prepare_database(settings, say))
    return settings.model_copy(
        update={
            "data_dir": settings.data_dir.absolute(),
            "web_pages": _web_pages(settings),
        }
    )


def with_local_servers(settings: Settings) -> Settings:
    """Start local servers if an address is missing in a checkout, and return settings that name them.

    A separate process starts the servers, because children of a Ray worker die with it.

    Raises:
        ConfigurationError: The process failed; the error holds its output.
    """
    has_addresses = settings.database_url.get_secret_value() and settings.kafka_bootstrap_servers
    if has_addresses or not IS_CHECKOUT:
        return settings
    data_dir = ROOT / settings.data_dir
    # Ray sets OMP_NUM_THREADS to 1 in a task; the knowledge base is embedded on all cores.
    inherited = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-m", "serve_app", "up"],
        cwd=ROOT,
        env={**inherited, "DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ConfigurationError(f"The local servers did not start:\n{done.stdout}")
    print(done.stdout, flush=True)  # Ray shows it on the terminal of `serve run`.
    return read_settings(settings_file(data_dir))


def _web_pages(settings: Settings) -> Path:
    """Return the configured folder, or the shipped one if that does not exist."""
    pages = settings.web_pages.absolute()
    return pages if pages.is_dir() else shipped("web-form/out")


async def _prepare_database(settings: Settings, say: Callable[[str], None]) -> None:
    dsn = settings.database_url.get_secret_value()
    say("database schema")
    await migrate(dsn)
    pool = Pool(dsn, role=settings.database_role or None, max_size=2, application_name="prepare")
    try:
        opener = open_uow(pool)
        async with opener() as uow:
            await uow.channel_configs.seed(channel_configs())
            await _first_company(uow, settings)
            is_demo = (await uow.company.current()).company.name == sample_company().name
            await uow.commit()
        await _first_administrator(opener, settings)
        if not (settings.sample_company and is_demo):
            # Another company's profile is in force: the sample's articles are not its own.
            return
        say("knowledge base")
        config = stage_config(read_config(CONFIG), "embedding")
        if not isinstance(config, EmbeddingConfig):
            raise TypeError("the embedding deployment has another stage's configuration")
        await index_document(
            opener,
            InProcessEmbedder.configured(config),
            SAMPLE_DOCUMENT.name,
            SAMPLE_DOCUMENT.read_text(encoding="utf-8"),
            config.retrieval_key,
        )
    finally:
        await pool.close()


async def _first_administrator(open_uow: OpenUnitOfWork, settings: Settings) -> None:
    """Make one where nobody could sign in otherwise, and print the key, which nobody can read again."""
    if settings.staff_keys or settings.has_identity_provider:
        return
    key = await first_administrator(open_uow)
    if key is not None:
        print(
            f"The staff key of {FIRST_ADMINISTRATOR}, the first administrator, is shown this once:\n{key}\n"
            "If it is lost: python -m serve_app staff add NAME --role admin",
            flush=True,
        )


async def _first_company(uow: UnitOfWork, settings: Settings) -> None:
    """Import the profile that the settings name, unless there is one. Raises ConfigurationError.

    After a demo that was left, the profile in force names nobody: COMPANY replaces it, the sample does not.
    """
    stored = await uow.company.current()
    path = SAMPLE_PROFILE if settings.sample_company else settings.company
    is_set = stored.version > 0 if settings.sample_company else has_company(stored)
    if path is None or is_set:
        return
    try:
        profile = parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"COMPANY: {path} can't be read: {error}.") from error
    except InvalidProfile as error:
        raise ConfigurationError(f"COMPANY: {path}: {error}.") from error
    await save(uow, profile, replaces=stored.version, author="first start")
