"""Tests a start in a bad place: no space, no right, damaged files, and a kill at any moment of writing."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deployments.settings import Settings
from domain.errors import ConfigurationError
from serve_app.local import old_logs
from serve_app.local.keys import RAY_TOKEN, local_key
from serve_app.local.old_logs import keep_ray_logs, put_aside_long
from serve_app.local.ports import PortBook
from serve_app.local.preflight import check_data_dir
from serve_app.secrets_file import with_local_secrets

ROOT = Path(__file__).parents[2]
NOBODY = 65534


def settings_in(folder: Path) -> Settings:
    return Settings(_env_file=None, data_dir=folder)


def no_file_longer_than(length: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, length))


def start(command: str, data_dir: Path, *, longest_file: int | None = None) -> tuple[int, str]:
    """Run a command of the product that ends before any server starts; its status and all that it says."""
    done = subprocess.run(
        [sys.executable, "-m", "serve_app", command],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(data_dir), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=None if longest_file is None else lambda: no_file_longer_than(longest_file),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("command", ["run", "up"])
def test_a_start_on_a_full_disk_ends_in_one_sentence_and_leaves_nothing(
    command: str, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    status, said = start(command, data_dir, longest_file=0)
    assert status == 1
    assert said.count("\n") <= 2, said
    assert "can't be written" in said
    assert "free some space" in said
    assert "Traceback" not in said
    assert list(data_dir.iterdir()) == []


def test_a_start_in_a_place_that_is_no_folder_ends_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status, said = start("up", tmp_path / "file" / "data")
    assert status == 1
    assert "can't be written" in said
    assert "set DATA_DIR" in said
    assert "Traceback" not in said


@contextmanager
def without_rights() -> Iterator[None]:
    """As another account than root, whom no folder refuses."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_takes_no_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o500)
    with without_rights(), pytest.raises(ConfigurationError) as raised:
        check_data_dir(closed)
    words = str(raised.value)
    assert words.startswith(f"{closed} can't be written")
    assert "set DATA_DIR to a folder of its own" in words


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"staff_api_keys": ""}', b"\xff\xfe"])
def test_damaged_secrets_end_in_one_sentence_and_are_left_as_they_are(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "secrets.json"
    path.write_bytes(content)
    with pytest.raises(
        ConfigurationError, match=r"secrets.json is damaged: put it back .* or delete"
    ):
        with_local_secrets(settings_in(tmp_path))
    assert path.read_bytes() == content
    path.unlink()
    assert with_local_secrets(settings_in(tmp_path)).staff_api_keys.get_secret_value()


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"http": "x"}', b"\xff\xfe"])
def test_damaged_ports_are_chosen_anew(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    path.write_bytes(content)
    PortBook(path).note("serve", 20_000)
    assert json.loads(path.read_text()) == {"serve": 20_000}


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40])
def test_a_damaged_key_is_made_anew(content: bytes, tmp_path: Path) -> None:
    (tmp_path / RAY_TOKEN).write_bytes(content)
    key = local_key(tmp_path, RAY_TOKEN)
    assert len(key) > 32
    assert local_key(tmp_path, RAY_TOKEN) == key


WRITES = """
import json, os, resource, signal, sys
from pathlib import Path
from deployments.settings import Settings
from serve_app.local.keys import RAY_TOKEN, local_key
from serve_app.local.pids import PidFile
from serve_app.local.ports import PortBook
from serve_app.local.preparation import settings_file
from serve_app.secrets_file import with_local_secrets

root, kind = Path(sys.argv[1]), sys.argv[2]
at, passed = 0, 0

def kill_at_the_moment(event, arguments):
    global passed
    if at and any(str(root) in str(argument) for argument in arguments):
        passed += 1
        if passed == at:
            os.kill(os.getpid(), signal.SIGKILL)

def first_start(folder):
    settings = with_local_secrets(Settings(_env_file=None, data_dir=folder))
    ports = PortBook(folder / "run" / "ports.json")
    ports.note("http", 8000)
    ports.port("serve")
    local_key(folder / "run", RAY_TOKEN)
    settings.write(settings_file(folder))
    PidFile(folder / "run" / "main.pid").write(os.getpid())

def in_child(act):
    child = os.fork()
    if not child:
        try:
            act()
        except OSError:
            os._exit(3)
        os._exit(0)
    return os.waitpid(child, 0)[1]

sys.addaudithook(kill_at_the_moment)
moment, status = 0, 1
while status:
    moment += 1
    folder = root / str(moment)
    def hurt():
        global at
        if kind == "kill":
            at = moment
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (16 * (moment - 1),) * 2)
        first_start(folder)
    status = in_child(hurt)
    assert in_child(lambda: first_start(folder)) == 0, moment
    for name in ("secrets.json", "run/ports.json", "run/main.pid"):
        json.loads((folder / name).read_text())
print(moment)
"""


@pytest.mark.parametrize("kind", ["kill", "full"])
def test_a_first_start_killed_or_out_of_space_at_any_moment_is_made_up_by_the_next(
    kind: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WRITES, str(tmp_path), kind],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 8, "moments"


def test_a_long_log_is_put_aside_and_a_short_one_goes_on(tmp_path: Path) -> None:
    log, former = tmp_path / "x.log", tmp_path / "x.log.1"
    put_aside_long(log, 10)
    log.write_text("the last words of a crash")
    put_aside_long(log, 100)
    assert not former.exists()
    put_aside_long(log, 10)
    assert former.read_text() == "the last words of a crash"
    assert not log.exists()


def session(temp_dir: Path, name: str, **files: str) -> None:
    logs = temp_dir / f"session_{name}" / "logs"
    (logs / "serve").mkdir(parents=True)
    for file, text in files.items():
        (logs / "serve" / f"{file}.log").write_text(text)


def test_rays_logs_of_the_last_two_runs_are_kept_within_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_logs, "_RAY_FILE_BYTES", 8)
    monkeypatch.setattr(old_logs, "_RAY_BYTES", 12)
    temp_dir, log_dir = tmp_path / "r", tmp_path / "logs"
    log_dir.mkdir()
    keep_ray_logs(temp_dir, log_dir)
    assert list(log_dir.iterdir()) == []
    for run in ("1", "2", "3"):
        session(temp_dir, run, agent=f"run {run} and why it ended")
        newest = temp_dir / f"session_{run}"
        os.utime(newest, (int(run), int(run)))
        keep_ray_logs(temp_dir, log_dir)
    assert sorted(path.name for path in log_dir.iterdir()) == ["ray.1", "ray.2"]
    assert (log_dir / "ray.1" / "serve" / "agent.log").read_text() == "it ended"
    session(temp_dir, "4", a="12345678", b="12345678", c="12345678")
    keep_ray_logs(temp_dir, log_dir)
    kept = [path.stat().st_size for path in (log_dir / "ray.1").rglob("*.log")]
    assert sum(kept) <= 12
    (temp_dir / "session_5").symlink_to(temp_dir / "session_1")
    session(temp_dir, "6")
    (temp_dir / "session_6" / "logs" / "serve" / "x.log").symlink_to("/etc/hostname")
    keep_ray_logs(temp_dir, log_dir)
    assert not list((log_dir / "ray.1").rglob("x.log"))
