"""Starts the fast system: real PostgreSQL, real broker, the stages' own classes in processes that die at once."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from pydantic import SecretStr
from rich.console import Console

from channels.registry import channel_configs
from database.migrate import migrate
from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.configs.embedding import EmbeddingConfig
from deployments.in_process import InProcessEmbedder
from deployments.settings import Settings
from serve_app.knowledge import index_document
from serve_app.local.pids import PidFile
from serve_app.local.ports import find_free_port
from serve_app.local.preparation import local_settings, settings_file
from serve_app.local.progress import Progress
from serve_app.local.stack import LocalStack
from serve_app.run_file import stand_in_headers
from serve_app.sample_company import SAMPLE_DOCUMENT, sample_company
from serve_app.secrets_file import with_local_secrets
from serve_app.shipped import ROOT
from serve_app.standin_servers import StandInServers
from tests.chaos.stages import EMBEDDING, STAGES
from tests.chaos.system import SystemUnderFire, family

_ENOUGH = "\n## Category: Projects and tasks"
TARGETS = (*STAGES, "broker", "postgres", "everything")


@contextmanager
def fast_system(broker: str, kafka_home: str = "") -> Iterator[SystemUnderFire]:
    """`broker` is embedded or apache. Everything is started here and ends here, its data with it."""
    data_dir = Path(tempfile.mkdtemp(prefix=f"chaos-{broker}-"))
    port = find_free_port()
    settings = with_local_secrets(
        Settings(
            _env_file=None,
            data_dir=data_dir,
            api_port=port,
            http_port=port,
            dashboard_port=find_free_port([port]),
            kafka_home=Path(kafka_home) if broker == "apache" else None,
            database_url=SecretStr(""),
            kafka_bootstrap_servers="",
            enabled_channels="",
        )
    )
    progress = Progress(Console(quiet=True))
    stack = LocalStack.of(settings)
    standins = StandInServers(settings)
    nursery: subprocess.Popen[bytes] | None = None
    try:
        addresses = stack.start_servers(progress)
        settings = standins.configure(local_settings(settings, addresses))
        standins.start(progress)
        asyncio.run(_prepare(settings))
        settings.write(settings_file(data_dir))
        stack.watch()
        (data_dir / "logs").mkdir(exist_ok=True)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
            # The environment wins over the file, and make exports ports and a folder of its own.
            **settings.as_environment(),
            "SETTINGS_FILE": str(settings_file(data_dir)),
            "PYTHONPATH": str(ROOT),
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        with (data_dir / "logs" / "nursery.log").open("wb") as log:
            nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.nursery"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        yield SystemUnderFire(
            name=broker,
            base_url=f"http://127.0.0.1:{port}",
            gmail_url=standins.urls["gmail"],
            twilio_url=standins.urls["twilio"],
            stand_in_headers=stand_in_headers(data_dir),
            twilio_token=settings.twilio_auth_tokens[0].get_secret_value(),
            public_url=settings.base_url,
            mailbox=settings.gmail_address,
            database_url=addresses["DATABASE_URL"],
            targets={name: _Target(data_dir, name) for name in (*TARGETS, "gmail", "twilio")},
        )
    finally:
        if nursery is not None:
            nursery.terminate()
            nursery.wait(20)
        standins.stop()
        stack.stop()
        if os.environ.get("CHAOS_KEEP") != "1":
            shutil.rmtree(data_dir, ignore_errors=True)


class _Target:
    """The processes behind a name, looked up anew each time: a restarted one has another id."""

    def __init__(self, data_dir: Path, name: str) -> None:
        self._run_dir = data_dir / "run"
        self._name = name

    def __call__(self) -> Sequence[psutil.Process]:
        if self._name == "everything":
            found = [self._find(f"stage-{name}") for name in STAGES]
            return [*family(self._find("broker")), *family(self._find("postgres"))] + [
                process for process in found if process is not None
            ]
        if self._name in ("gmail", "twilio"):
            return family(self._find(f"stand-in-{self._name}"))
        if self._name in STAGES:
            return family(self._find(f"stage-{self._name}"))
        return family(self._find(self._name))

    def _find(self, name: str) -> psutil.Process | None:
        return PidFile(self._run_dir / f"{name}.pid").find()


async def _prepare(settings: Settings) -> None:
    dsn = settings.database_url.get_secret_value()
    await migrate(dsn)
    pool = Pool(dsn, role=settings.database_role or None)
    config = EmbeddingConfig.model_validate(EMBEDDING)
    try:
        work = open_uow(pool)
        async with work() as transaction:
            await transaction.channel_configs.seed(channel_configs())
            await transaction.company.save(sample_company(), replaces=0, author="chaos")
            await transaction.commit()
        # A part of the documents is enough to be right, or not to know, about.
        markdown = SAMPLE_DOCUMENT.read_text(encoding="utf-8").split(_ENOUGH)[0]
        await index_document(
            work,
            InProcessEmbedder.configured(config),
            SAMPLE_DOCUMENT.name,
            markdown,
            config.model_key,
        )
    finally:
        await pool.close()
