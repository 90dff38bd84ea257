"""Tests that PostgreSQL starts whatever a killed run left in its folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from domain.errors import ConfigurationError
from serve_app.local.ports import find_free_port
from serve_app.local.postgres import SYSTEM_USER, EmbeddedPostgres

pytestmark = pytest.mark.postgres


def server_in(folder: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder / "data", folder / "run", folder / "logs", find_free_port())


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, EmbeddedPostgres]]:
    folder = tmp_path_factory.mktemp("left-over")
    postgres = server_in(folder)
    postgres.start()
    try:
        yield folder, postgres
    finally:
        postgres.daemon.stop()


def test_a_server_without_a_pid_file_is_ended_and_a_foreign_pid_in_its_lock_is_nobody(
    server: tuple[Path, EmbeddedPostgres],
) -> None:
    folder, first = server
    left = first.daemon.pid_file.find()
    assert left is not None
    family = [left, *left.children(recursive=True)]
    # As if its starter had been killed between the start and the pid file.
    first.daemon.pid_file.remove()

    second = server_in(folder)
    second.start()

    try:
        assert not psutil.wait_procs(family, timeout=0)[1]
        assert second.daemon.is_running
    finally:
        second.daemon.stop()
    user = SYSTEM_USER if os.geteuid() == 0 else None
    with subprocess.Popen(["/bin/sleep", "600"], user=user, cwd="/") as stranger:
        try:
            lock = folder / "data" / "postmaster.pid"
            lock.write_text(f"{stranger.pid}\n{folder / 'data'}\n1\n1\n\n127.0.0.1\n\n")
            third = server_in(folder)
            third.start()
            third.daemon.stop()
            assert stranger.poll() is None
        finally:
            stranger.kill()
    (folder / "run" / "postgres.password").write_text("")
    with pytest.raises(ConfigurationError, match="is missing or empty: put it back from a backup"):
        server_in(folder).start()
