"""Runs the commands behind `make`: run, front, stop, demo, monitoring, check-config, migrate and others."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from rich.console import Console

from channels.registry import transports
from deployments.logs import log_to_stderr
from deployments.settings import Settings, read_settings
from domain.errors import ConfigurationError, StoreUnavailable
from serve_app.shipped import ROOT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in `arguments`.

    Each command imports what it needs itself: Serve, the providers' libraries and the stores take two seconds,
    in which `run` already starts Ray.

    Returns:
        0 on success, 1 after printing why not; a failed start leaves nothing running.
    """
    commands: dict[str, tuple[Callable[[Settings, Console], int], str]] = {
        "run": (_run, "start everything and stay in the foreground"),
        "front": (_front, "run only the front, before a Serve that is started separately"),
        "up": (
            _up,
            "start PostgreSQL, broker and stand-ins for a Ray started separately, and leave them running",
        ),
        "stop": (_stop, "stop a running system and anything that an earlier run left running"),
        "demo": (_demo, "send the sample tickets through all three channels"),
        "monitoring": (_monitoring, "run Prometheus on the running system"),
        "check-config": (_check_config, "check config.yaml and the manifests made from it"),
        "manifests": (_manifests, "write config.yaml into the manifests of kuberay/"),
        "doctor": (_doctor, "check everything that has to be right before going live"),
        "migrate": (_migrate, "bring the database and the knowledge base up to date"),
    }
    for _, transport in transports():
        if transport.check_connection is not None:
            commands[f"check-{transport.component}"] = (
                partial(_check_channel, transport.check_connection),
                f"report what is missing for {transport.component}",
            )
    parser = argparse.ArgumentParser(prog="python -m serve_app", description=__doc__)
    chosen = parser.add_subparsers(dest="command", required=True)
    for name, (_, text) in commands.items():
        chosen.add_parser(name, help=text)
    words = sys.argv[1:] if arguments is None else arguments
    if not words or words[0] not in commands:
        _add_groups(chosen)
    parsed = parser.parse_args(words)
    console = Console(highlight=False)
    try:
        settings = read_settings()
        log_to_stderr(settings.log_level)
        if parsed.command in commands:
            command, _ = commands[parsed.command]
            return command(settings, console)
        return int(parsed.run(settings, console, parsed))
    except (ConfigurationError, StoreUnavailable) as error:
        console.print(str(error), style="bold red", markup=False, soft_wrap=True)
        return 1
    except OSError as error:
        from serve_app.local.preflight import explain

        advice = explain(error)
        if advice is None:
            raise
        console.print(advice, style="bold red", markup=False, soft_wrap=True)
        return 1


def _add_groups(chosen: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands that have subcommands."""
    from serve_app import company_commands, dead_letters, knowledge_commands, staff_commands

    group = chosen.add_parser("dead-letters", help="list, show, replay or discard dead letters")
    group.set_defaults(run=dead_letters.run)
    dead_letters.add_commands(group)
    profile = chosen.add_parser("company", help="export or import the company profile")
    profile.set_defaults(run=company_commands.run)
    company_commands.add_commands(profile)
    people = chosen.add_parser("staff", help="add, list, rotate or withdraw staff accounts")
    people.set_defaults(run=staff_commands.run)
    staff_commands.add_commands(people)
    knowledge_commands.add_commands(chosen)


def _run(settings: Settings, console: Console) -> int:
    from serve_app.run import run

    return run(settings, console)


def _front(settings: Settings, _console: Console) -> int:
    from serve_app.front.launch import become_front

    become_front(settings)


def _up(settings: Settings, console: Console) -> int:
    from serve_app.up import bring_up

    return bring_up(settings, console)


def _stop(settings: Settings, console: Console) -> int:
    from serve_app.run import stop

    return stop(settings, console)


def _demo(settings: Settings, console: Console) -> int:
    from serve_app.demo import run_demo

    return run_demo(settings.data_dir, console)


def _monitoring(settings: Settings, console: Console) -> int:
    from serve_app.monitoring import monitor

    return monitor(settings, console)


def _check_config(_settings: Settings, console: Console) -> int:
    from serve_app.check_config import read_config
    from serve_app.cluster_config import CLUSTERS, cluster_config, manifests
    from serve_app.prepare import CONFIG

    read_config(CONFIG)
    for name in CLUSTERS:
        cluster_config(name)
    stale = [path for path, text in manifests().items() if path.read_text() != text]
    if stale:
        names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
        raise ConfigurationError(f"{names}: older than config.yaml; `make manifests` updates it")
    console.print(f"{CONFIG.name} and the clusters' overrides are valid")
    return 0


def _manifests(_settings: Settings, console: Console) -> int:
    from serve_app.cluster_config import write_manifests

    for path in write_manifests():
        console.print(f"written: {path.relative_to(ROOT)}", soft_wrap=True)
    return 0


def _migrate(settings: Settings, console: Console) -> int:
    from serve_app.prepare import prepare

    prepare(settings, lambda step: console.print(step))
    return 0


def _doctor(settings: Settings, console: Console) -> int:
    from serve_app.doctor import run

    return run(settings, console)


def _check_channel(
    check: Callable[[Settings], Awaitable[Sequence[str]]], settings: Settings, console: Console
) -> int:
    async def problems() -> Sequence[str]:
        return await check(settings)

    return _tell(asyncio.run(problems()), console)


def _tell(problems: Sequence[str], console: Console) -> int:
    for problem in problems:
        console.print(f"- {problem}", markup=False)
    if not problems:
        console.print("Everything is in order.")
    return 1 if problems else 0
