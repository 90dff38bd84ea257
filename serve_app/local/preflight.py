"""Checks the machine before anything is started; each problem gets one sentence."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from domain.errors import ConfigurationError
from serve_app.local.pids import PidFile
from serve_app.local.ports import is_free

GIB = 1024**3
_PROBE_BYTES = 64 * 1024
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_RIGHT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR})
FREE_TO_RUN_BYTES = 1 * GIB
OPEN_FILES = 16_384
"""HAProxy holds two for each connection, and 5,000 ticket pages may be open."""


def check_machine(data_dir: Path, ports: Mapping[str, int]) -> None:
    """Check ports, Python and disk space.

    Args:
        data_dir: The data directory; created if missing.
        ports: The wanted ports by the variables that set them.

    Raises:
        ConfigurationError: A sentence on each problem.
    """
    problems = [
        f"Port {port} on 127.0.0.1 is taken: stop the process that listens there, or set {name} to another."
        for name, port in ports.items()
        if not is_free(port)
    ]
    if sys.version_info[:2] != (3, 11):
        found = ".".join(str(part) for part in sys.version_info[:3])
        problems.append(f"Python 3.11 is needed, this is {found}.")
    problems += _problems_of(data_dir)
    if problems:
        raise ConfigurationError("\n".join(problems))


def check_data_dir(data_dir: Path) -> None:
    """Check that the data directory, created if missing, takes files and has space, before the first one is written.

    Raises:
        ConfigurationError: One sentence that says what to do.
    """
    if problems := _problems_of(data_dir):
        raise ConfigurationError(problems[0])


def _problems_of(data_dir: Path) -> list[str]:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data_dir) as probe:
            probe.write(b"\0" * _PROBE_BYTES)
            probe.flush()
            os.fsync(probe.fileno())
        free = shutil.disk_usage(data_dir).free
    except OSError as error:
        return [
            explain(error, data_dir)
            or f"{data_dir} can't be used ({error.strerror}): set another DATA_DIR."
        ]
    if free < FREE_TO_RUN_BYTES:
        return [
            f"Only {free / GIB:.1f} GiB are free under {data_dir}: at least {FREE_TO_RUN_BYTES / GIB:.0f} GiB are "
            "needed to run, so free some space or set DATA_DIR to a folder on another disk."
        ]
    return []


def explain(error: OSError, place: Path | None = None) -> str | None:
    """Say in one sentence what to do about a disk or folder that takes no file; None for any other error."""
    named = place or error.filename or "The data folder"
    if error.errno in _NO_SPACE:
        return (
            f"{named} can't be written ({os.strerror(error.errno)}): free some space or raise the quota, or set "
            "DATA_DIR to a folder on another disk; nothing that was stored is lost."
        )
    if error.errno in _NO_RIGHT:
        return (
            f"{named} can't be written ({os.strerror(error.errno)}): give this account the right to write there, or "
            "set DATA_DIR to a folder of its own."
        )
    return None


def allow_open_files(needed: int = OPEN_FILES) -> None:
    """Raise the soft limit on open files of this process and its children. Idempotent.

    Raises:
        ConfigurationError: The hard limit is too low.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise ConfigurationError(
            f"A process may open {hard} files at most, {needed} are needed for ticket pages that stay open: "
            f"raise the hard limit (`ulimit -Hn {needed}` as root, or nofile in /etc/security/limits.conf, "
            "or `--ulimit nofile` of Docker)."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def check_alone(pid_file: PidFile, data_dir: Path) -> None:
    """Check that no other run uses the data directory.

    Raises:
        ConfigurationError: It names the other process.
    """
    other = pid_file.find()
    if other is not None:
        raise ConfigurationError(
            f"Process {other.pid} already runs on {data_dir}: stop it with `make stop`, or set another DATA_DIR "
            "to run beside it."
        )
