"""Tests the servers that `serve run config.yaml` finds or brings up, and that `make stop` ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from deployments.settings import Settings
from serve_app.local.pids import PidFile
from serve_app.local.stack import stop_leftovers
from serve_app.prepare import with_local_servers

ROOT = Path(__file__).parents[2]
SERVERS = ("postgres", "broker")


START = """
from pathlib import Path
from deployments.settings import Settings
from serve_app.local.progress import Progress
from serve_app.local.stack import LocalStack
import sys
print(LocalStack.of(Settings(data_dir=Path(sys.argv[1]))).start_servers(Progress()))
"""


def processes(data_dir: Path) -> dict[str, psutil.Process]:
    found = {name: PidFile(data_dir / "run" / f"{name}.pid").find() for name in SERVERS}
    return {name: process for name, process in found.items() if process is not None}


@pytest.mark.postgres
def test_servers_outlive_who_started_them_and_are_stopped_by_their_pid_files(
    tmp_path: Path,
) -> None:
    given = {"DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_HOME", "SETTINGS_FILE"}
    kept = {name: value for name, value in os.environ.items() if name not in given}
    try:
        started = subprocess.run(
            [sys.executable, "-c", START, str(tmp_path)],
            cwd=ROOT,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
        )
        assert started.returncode == 0, started.stdout + started.stderr
        running = processes(tmp_path)
        assert set(running) == set(SERVERS)
        assert all(os.getsid(process.pid) == process.pid for process in running.values())
    finally:
        stopped = stop_leftovers(tmp_path)
    assert set(stopped) == set(SERVERS)
    assert processes(tmp_path) == {}


def test_given_addresses_are_used_as_they_are() -> None:
    given = Settings(
        database_url=SecretStr("postgresql://db.example/x"), kafka_bootstrap_servers="kafka:9092"
    )
    assert with_local_servers(given) is given
