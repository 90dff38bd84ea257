"""Tests that log files, which may quote what a server says, are their owner's alone."""

from __future__ import annotations

import stat
import sys
from datetime import timedelta
from pathlib import Path

from scripts import setup
from serve_app.local.daemon import Daemon, Launch
from serve_app.local.pids import PidFile


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_servers_log_is_its_owners_alone_also_where_it_was_not(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "server.log"
    log.parent.mkdir()
    log.write_text("from before\n")
    log.chmod(0o644)
    daemon = Daemon(
        name="a server",
        launch=lambda: Launch([sys.executable, "-c", "import time; time.sleep(60)"]),
        is_ready=lambda: True,
        log_path=log,
        pid_file=PidFile(tmp_path / "server.pid"),
        start_timeout=timedelta(seconds=30),
    )
    daemon.start()
    daemon.stop()
    assert mode(log) == 0o600
    assert mode(log.parent) == 0o700
    assert log.read_text().startswith("from before")


def test_the_set_ups_log_is_its_owners_alone(tmp_path: Path) -> None:
    log = tmp_path / "setup.log"
    log.touch(0o644)
    with open(log, "wb", opener=setup.open_private) as output:
        output.write(b"installed\n")
    assert mode(log) == 0o600
    source = Path(setup.__file__).read_text("utf-8")
    assert 'open(str(log_path), "wb", opener=open_private)' in source
