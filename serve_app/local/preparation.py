"""What a local system has before its graph starts: its settings in a file, and schema and knowledge base.

It needs nothing of Serve, which takes a second to import while Ray could start.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import SecretStr

from deployments.settings import Settings
from domain.errors import ConfigurationError
from serve_app.shipped import ROOT

NICENESS = 5
_ROLE = "fte_app"


def prepare_apart(data_dir: Path, should_stop: Callable[[], bool] = lambda: False) -> None:
    """`prepare` in a process of its own, whose memory for the embedding model ends with it.

    It reads `settings_file(data_dir)`, and is given up half done as soon as `should_stop`: the next
    start finishes it. Raises ConfigurationError with the end of its log.
    """
    log_path = data_dir / "logs" / "prepare.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SETTINGS_FILE": str(settings_file(data_dir))}
    with log_path.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "serve_app", "migrate"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C goes to a whole group of processes; this one is ended from here.
            start_new_session=True,
        )
        # Ray's start beside it takes longer and computes as much: it goes first.
        os.setpriority(os.PRIO_PROCESS, child.pid, NICENESS)
        try:
            while not should_stop():
                try:
                    child.wait(timeout=0.2)
                except subprocess.TimeoutExpired:
                    continue
                break
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
    if child.returncode and not should_stop():
        last = log_path.read_text(errors="replace").splitlines()[-20:]
        raise ConfigurationError("\n".join(last))


def settings_file(data_dir: Path) -> Path:
    """Where a local system keeps its settings, those that it made up included."""
    return data_dir / "run" / "settings.env"


def local_settings(settings: Settings, addresses: Mapping[str, str]) -> Settings:
    """With the addresses of a local system. A database of our own is used under the role that
    can't alter the schema."""
    update: dict[str, object] = {
        "database_url": SecretStr(addresses["DATABASE_URL"]),
        "kafka_bootstrap_servers": addresses["KAFKA_BOOTSTRAP_SERVERS"],
    }
    if not settings.database_url.get_secret_value():
        update["database_role"] = _ROLE
    return settings.model_copy(update=update)
