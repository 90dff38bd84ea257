"""Checks the machine before anything is started; each problem gets one sentence."""

from __future__ import annotations

import resource
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from domain.errors import ConfigurationError
from serve_app.local.pids import PidFile
from serve_app.local.ports import is_free

GIB = 1024**3
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
    data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(data_dir).free
    if free < FREE_TO_RUN_BYTES:
        problems.append(
            f"Only {free / GIB:.1f} GiB are free under {data_dir}; at least "
            f"{FREE_TO_RUN_BYTES / GIB:.0f} GiB are needed to run."
        )
    if problems:
        raise ConfigurationError("\n".join(problems))


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
