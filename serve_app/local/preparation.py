"""Prepares a local system's settings file, schema and knowledge base before its graph starts.

Imports nothing of Serve, which would delay Ray's start by a second.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import SecretStr

from deployments.settings import Settings, environment_without_secrets
from domain.errors import ConfigurationError
from serve_app.local.keys import make_private_folder
from serve_app.local.old_logs import put_aside_long
from serve_app.private_file import open_private
from serve_app.shipped import ROOT

NICENESS = 5
_ROLE = "fte_app"
_SECRET = ("DATABASE_URL", "KAFKA_SASL_PASSWORD")
"""Of the addresses, those that hold a password."""


def prepare_apart(data_dir: Path, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Run `prepare` in a child process, so that the embedding model's memory is freed.

    The child reads `settings_file(data_dir)`. Once `should_stop` returns True it is terminated; the next start
    completes its work.

    Raises:
        ConfigurationError: It failed; the error holds the end of its log.
    """
    log_path = data_dir / "logs" / "prepare.log"
    make_private_folder(log_path.parent)
    put_aside_long(log_path)
    environment = {**environment_without_secrets(), "SETTINGS_FILE": str(settings_file(data_dir))}
    with open(log_path, "ab", opener=open_private) as output:
        began = output.tell()
        child = subprocess.Popen(
            [sys.executable, "-m", "serve_app", "migrate"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C would reach the whole process group; this child is terminated below.
            start_new_session=True,
        )
        # Ray starts at the same time and takes longer, so it gets priority.
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
        said = log_path.read_bytes()[began:].decode(errors="replace")
        raise ConfigurationError("\n".join(said.splitlines()[-20:]))


def settings_file(data_dir: Path) -> Path:
    """Return the file with a local system's settings, including generated ones."""
    return data_dir / "run" / "settings.env"


def local_settings(settings: Settings, addresses: Mapping[str, str]) -> Settings:
    """Return the settings with a local system's addresses.

    An embedded database is used with the role that can't alter the schema.
    """
    update: dict[str, object] = {
        name.lower(): SecretStr(text) if name in _SECRET else text
        for name, text in addresses.items()
    }
    if not settings.database_url.get_secret_value():
        update["database_role"] = _ROLE
    return settings.model_copy(update=update)
