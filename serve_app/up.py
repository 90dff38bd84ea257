"""Starts the servers that `serve run config.yaml` needs if no addresses are set, and leaves them running."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from deployments.settings import Settings
from serve_app.local.pids import PidFile
from serve_app.local.preflight import check_data_dir
from serve_app.local.preparation import local_settings, prepare_apart, settings_file
from serve_app.local.progress import Progress
from serve_app.local.stack import LocalStack
from serve_app.run_file import NAME, RunFile
from serve_app.secrets_file import with_local_secrets
from serve_app.standin_servers import StandInServers, wanted_standins


def bring_up(settings: Settings, console: Console) -> int:
    """Start PostgreSQL, a broker and the stand-ins, and prepare schema and knowledge base. Idempotent.

    Starts no Ray. `make stop` stops the servers.

    Raises:
        ConfigurationError: A server did not start; nothing is left running.
    """
    # Whatever a server writes is its owner's alone.
    os.umask(0o077)
    check_data_dir(settings.data_dir.absolute())
    settings = with_local_secrets(
        settings.model_copy(update={"data_dir": settings.data_dir.absolute()})
    )
    data_dir = settings.data_dir
    with _turn(data_dir / "run" / "up.lock"):
        if not _is_up(settings):
            _start(settings, Progress(console))
    words = f"Servers run, with their data in {data_dir}, where {NAME} holds a staff key; `make stop` ends them."
    console.print(words, soft_wrap=True, markup=False)
    return 0


def _start(settings: Settings, progress: Progress) -> None:
    data_dir = settings.data_dir
    standins = StandInServers(settings)
    stack = LocalStack.of(settings)
    addresses = stack.start_servers(progress)
    try:
        settings = standins.configure(local_settings(settings, addresses))
        settings.require_complete()
        settings.write(settings_file(data_dir))
        with progress.step("schema and knowledge base"):
            prepare_apart(data_dir)
        standins.start(progress)
    except BaseException:
        standins.stop()
        stack.stop()
        raise
    RunFile.of(settings, standins.urls).write(data_dir)


def _is_up(settings: Settings) -> bool:
    """Tell by their pid files whether all servers run; otherwise all are started again."""
    names = [f"stand-in-{provider}" for provider in wanted_standins(settings)]
    if not settings.database_url.get_secret_value():
        names.append("postgres")
    if not settings.kafka_bootstrap_servers:
        names.append("broker")
    run_dir = settings.data_dir / "run"
    return settings_file(settings.data_dir).exists() and all(
        PidFile(run_dir / f"{name}.pid").find() for name in names
    )


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Hold a lock, because Serve may build the application twice at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
