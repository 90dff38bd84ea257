"""Tests pid files, ports and checks of the local stack."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from domain.errors import ConfigurationError
from serve_app.local.daemon import Daemon, Launch
from serve_app.local.pids import PidFile
from serve_app.local.ports import PortBook, find_free_port, is_free
from serve_app.local.preflight import check_alone, check_machine
from serve_app.local.stack import stop_leftovers

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def daemon_of(folder: Path, command: list[str]) -> Daemon:
    return Daemon(
        name="a server",
        launch=lambda: Launch(command),
        is_ready=lambda: PidFile(folder / "server.pid").find() is not None,
        log_path=folder / "server.log",
        pid_file=PidFile(folder / "server.pid"),
        grace=timedelta(seconds=5),
        start_timeout=timedelta(seconds=10),
    )


def test_a_pid_that_was_given_to_another_process_is_not_ours(tmp_path: Path) -> None:
    pid_file = PidFile(tmp_path / "x.pid")
    pid_file.write(os.getpid())
    assert pid_file.find() == psutil.Process()
    entry = json.loads(pid_file.path.read_text())
    pid_file.path.write_text(json.dumps({**entry, "started": entry["started"] - 60}))
    assert pid_file.find() is None


@pytest.mark.parametrize("content", ["", "{}", "no json", '{"pid": 999999999, "started": 0}'])
def test_a_broken_pid_file_names_nobody(tmp_path: Path, content: str) -> None:
    pid_file = PidFile(tmp_path / "x.pid")
    pid_file.path.write_text(content)
    assert pid_file.find() is None


def test_a_daemon_is_in_a_session_of_its_own_and_ends_with_its_children(tmp_path: Path) -> None:
    parent = (
        "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', "
        "'import time; time.sleep(60)']); print('up', flush=True); time.sleep(60)"
    )
    daemon = daemon_of(tmp_path, [sys.executable, "-c", parent])
    daemon.start()
    process = daemon.pid_file.find()
    assert process is not None
    assert os.getsid(process.pid) == process.pid
    while "up" not in daemon.last_lines():
        assert process.is_running()
    family = [process, *process.children()]
    daemon.stop()
    assert len(family) == 2
    assert not any(member.is_running() for member in family)
    assert not daemon.pid_file.path.exists()


def test_a_killed_daemon_is_noticed_and_can_be_started_again(tmp_path: Path) -> None:
    daemon = daemon_of(tmp_path, SLEEP)
    daemon.start()
    first = daemon.pid_file.find()
    assert first is not None
    first.kill()
    first.wait(5)
    assert not daemon.is_running
    daemon.start()
    assert daemon.is_running
    daemon.stop()


def test_a_server_that_ends_at_once_shows_the_end_of_its_log(tmp_path: Path) -> None:
    daemon = daemon_of(tmp_path, [sys.executable, "-c", "raise SystemExit('no room left')"])
    daemon.is_ready = lambda: False
    with pytest.raises(ConfigurationError, match="no room left"):
        daemon.start()


@pytest.mark.enable_socket
def test_a_name_keeps_its_port_and_gets_another_when_it_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    port = PortBook(path).port("broker")
    assert PortBook(path).port("broker") == port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert not is_free(port)
        moved = PortBook(path).port("broker")
    assert moved != port
    assert PortBook(path).port("broker") == moved


@pytest.mark.enable_socket
def test_each_thing_in_the_way_gets_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError) as refused:
            check_machine(tmp_path, {"HTTP_PORT": port, "DASHBOARD_PORT": find_free_port()})
    assert str(refused.value) == (
        f"Port {port} on 127.0.0.1 is taken: stop the process that listens there, or set HTTP_PORT to another."
    )


_OPEN_FILES = """
import resource, sys
from serve_app.local.preflight import OPEN_FILES, allow_open_files

soft, hard = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard if hard else resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
allow_open_files()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= OPEN_FILES)
"""


def test_what_is_started_may_open_as_many_files_as_pages_stay_open() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _OPEN_FILES, "1024", "0"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True"


def test_a_hard_limit_of_open_files_that_is_too_low_is_told_before_anything_starts() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _OPEN_FILES, "1024", "4096"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "4096 files" in done.stderr
    assert "ulimit -Hn" in done.stderr


def test_two_runs_on_one_data_directory_are_refused(tmp_path: Path) -> None:
    pid_file = PidFile(tmp_path / "main.pid")
    check_alone(pid_file, tmp_path)
    with subprocess.Popen(SLEEP) as other:
        pid_file.write(other.pid)
        with pytest.raises(ConfigurationError, match=f"Process {other.pid} already runs"):
            check_alone(pid_file, tmp_path)
        other.kill()


def test_a_server_whose_starter_was_killed_before_its_pid_file_is_found_and_no_other_one(
    tmp_path: Path,
) -> None:
    run_dir, other_dir = tmp_path / "a" / "run", tmp_path / "b" / "run"
    servers = []
    for folder in (run_dir, other_dir):
        folder.mkdir(parents=True)
        daemon = daemon_of(folder, SLEEP)
        daemon.start()
        process = daemon.pid_file.find()
        assert process is not None
        servers.append((daemon, process))
    (lost, stray), (kept, other) = servers
    lost.pid_file.remove()
    try:
        assert stop_leftovers(run_dir.parent) == [f"process {stray.pid}"]
        assert lost._child is not None
        assert lost._child.wait(10) is not None
        assert other.is_running()
        assert stop_leftovers(run_dir.parent) == []
    finally:
        kept.stop()
        lost.stop()
