"""Checks that LOG_LEVEL decides, in every process of ours, which lines are written; third parties' stay at warnings."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.settings import Settings

with warnings.catch_warnings():
    # Ray's import itself uses what pydantic deprecates.
    warnings.simplefilter("ignore")
    from ray.serve import Application

    from serve_app.app import build

_LEVELS = (
    "\nimport logging\n"
    "print(*(logging.getLevelName(logging.getLogger(name).getEffectiveLevel())"
    " for name in ('pipeline.answer', 'mcp_server.http', 'serve_app.run', 'ray.serve', 'httpx')))"
)


def levels_after(code: str, folder: Path, **environment: str) -> list[str]:
    """Of two packages of ours, Serve and a third party, once `code` has run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code + _LEVELS],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1].split()


@pytest.mark.parametrize("level", ["DEBUG", "ERROR"])
def test_a_replica_and_serve_within_it_log_at_the_level(tmp_path: Path, level: str) -> None:
    code = f"from deployments.replica import initialise_replica; initialise_replica({level!r})"
    ours, _, _, serve, other = levels_after(code, tmp_path)
    assert (ours, serve, other) == (level, level, "WARNING")


def test_without_a_level_a_replica_logs_as_config_yaml_says(tmp_path: Path) -> None:
    code = (
        "import logging; from deployments.replica import initialise_replica\n"
        "logging.getLogger('ray.serve').setLevel('ERROR'); initialise_replica(None)"
    )
    assert levels_after(code, tmp_path)[0] == "ERROR"


def bound(application: Application) -> Iterator[tuple[str, tuple[object, ...]]]:
    deployment = application._bound_deployment
    yield deployment.name, deployment.init_args
    for argument in deployment.init_args:
        if isinstance(argument, Application):
            yield from bound(argument)


def test_every_stage_is_told_the_level() -> None:
    stages = dict(bound(build(Settings(_env_file=None, log_level="ERROR"))))
    assert len(stages) == 6
    for name, arguments in stages.items():
        assert any(
            argument == "ERROR"
            or (isinstance(argument, Settings) and argument.log_level == "ERROR")
            for argument in arguments
        ), name


@pytest.mark.parametrize(
    "code",
    [
        "from serve_app.cli import main; main(['stop'])",
        "from mcp_server.__main__ import main; main([])",
    ],
    ids=["command", "mcp"],
)
@pytest.mark.parametrize(("given", "level"), [("debug", "DEBUG"), ("", "WARNING")])
def test_a_command_and_the_mcp_server_log_at_the_level(
    tmp_path: Path, code: str, given: str, level: str
) -> None:
    ours, mcp, commands, _, other = levels_after(
        code, tmp_path, LOG_LEVEL=given, DATA_DIR=str(tmp_path)
    )
    assert (ours, mcp, commands, other) == (level, level, level, "WARNING")


def test_lines_of_a_command_go_to_standard_error(tmp_path: Path) -> None:
    code = (
        "import logging; from deployments.logs import log_to_stderr; log_to_stderr('INFO')\n"
        "logging.getLogger('pipeline').info('one line'); logging.getLogger('httpx').info('another')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert done.stdout == ""
    assert done.stderr == "INFO pipeline: one line\n"


def test_a_stand_in_logs_at_the_level() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "standins", "twilio", "--port", "0", "--log-level", "info"],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            assert "Started server" in process.stderr.readline()
        finally:
            process.terminate()
