"""Everything that has to be true before the graph starts: settings complete, schema and seed in place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from database.migrate import migrate
from database.pool import Pool
from database.seed import CHANNEL_CONFIGS
from database.unit_of_work import open_work
from deployments.settings import Settings
from deployments.stage_configs import EmbeddingConfig
from serve_app.check_config import read_config, stage_config
from serve_app.knowledge import SAMPLE_DOCUMENT, LazyEmbedder, index_document

CONFIG = Path(__file__).parents[1] / "config.yaml"


def prepare(settings: Settings, say: Callable[[str], None] = lambda _line: None) -> Settings:
    """Migrate and seed; the settings with absolute paths. Idempotent, and quick when nothing is to do.

    Raises ConfigurationError listing what is missing, StoreUnavailable when PostgreSQL is away.
    """
    settings.require_complete()
    markdown = SAMPLE_DOCUMENT.read_text(encoding="utf-8")
    asyncio.run(_prepare_database(settings, markdown, say))
    return settings.model_copy(
        update={
            "data_dir": settings.data_dir.absolute(),
            "web_pages": settings.web_pages.absolute(),
        }
    )


async def _prepare_database(settings: Settings, markdown: str, say: Callable[[str], None]) -> None:
    dsn = settings.database_url.get_secret_value()
    say("database schema")
    await migrate(dsn)
    pool = Pool(dsn, role=settings.database_role or None, max_size=2, application_name="prepare")
    try:
        work = open_work(pool)
        async with work() as transaction:
            await transaction.channel_configs.seed(CHANNEL_CONFIGS)
            await transaction.commit()
        say("knowledge base")
        config = stage_config(read_config(CONFIG), "embedding")
        if not isinstance(config, EmbeddingConfig):
            raise TypeError("the embedding deployment has another stage's configuration")
        await index_document(
            work, LazyEmbedder(config), SAMPLE_DOCUMENT.name, markdown, config.model_key
        )
    finally:
        await pool.close()
