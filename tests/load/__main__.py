"""Runs `make load`: Locust against a running system, then the check that nothing was lost or doubled.

100 forms, 50 e-mails and 50 WhatsApp messages a minute where nothing else is said. Meanwhile
--restart-every kills a replica that often, and --redeploy-every replaces all of them, as a new
version does. Exits 1 at the first broken promise.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil

from deployments.settings import read_settings
from domain.channels import Channel
from domain.errors import ConfigurationError
from serve_app.check_config import read_config
from serve_app.deploy import submit, with_port
from serve_app.local.pids import PidFile
from serve_app.local.preparation import settings_file
from serve_app.prepare import CONFIG
from serve_app.run_file import RunFile, stand_in_headers
from tests.chaos.checker import Violation, check
from tests.chaos.history import Accepted, History
from tests.chaos.reader import read_history, wait_for_rest
from tests.chaos.system import SystemUnderFire

LOCUST_FILE = Path(__file__).with_name("locustfile.py")
REST_WITHIN = timedelta(minutes=10)
_STAGES = ("ingress", "embedding", "sentiment", "agent", "delivery", "relay")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--forms", type=float, default=100, help="a minute")
    parser.add_argument("--mails", type=float, default=50, help="a minute")
    parser.add_argument("--whatsapps", type=float, default=50, help="a minute")
    parser.add_argument("--restart-every", type=float, default=0, help="seconds; 0: never")
    parser.add_argument("--redeploy-every", type=float, default=0, help="seconds; 0: never")
    arguments = parser.parse_args()
    data_dir = Path(os.environ.get("DATA_DIR", ".local")).absolute()
    try:
        system = _running(data_dir, arguments.forms)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        status = _run_locust(system, Path(folder), arguments, data_dir)
        accepted = _read_accepted(Path(folder) / "accepted.jsonl")
        _print_latencies(Path(folder) / "load_stats.csv")
    print(
        f"{len(accepted)} messages were accepted; waiting until nothing moves any more", flush=True
    )
    is_quiet, history, violations = asyncio.run(_account(system, accepted))
    for violation in violations:
        print(f"{violation}\n{history.of_address(violation.address)}")
    counts = {
        promise: sum(1 for found in violations if found.promise == promise)
        for promise in ("lost", "doubled", "reordered", "unkept")
    }
    print(
        f"{len(history.accepted)} accepted, {len(history.stored)} stored, "
        f"{len(history.replies)} replies, {len(history.sent)} sent by providers: "
        + ", ".join(f"{name} {count}" for name, count in counts.items())
    )
    if not is_quiet:
        print(f"It did not come to rest within {REST_WITHIN}.")
    # Locust's 1 is for calls that failed and were repeated; what counts is what became of them.
    return 0 if is_quiet and not violations and accepted and status in (0, 1) else 1


def _running(data_dir: Path, forms_a_minute: float) -> SystemUnderFire:
    """The system that `make run` started on this data directory. Raises ConfigurationError."""
    run_file = RunFile.read(data_dir)
    settings = read_settings(settings_file(data_dir))
    if forms_a_minute > settings.forms_per_minute:
        raise ConfigurationError(
            f"The system takes {settings.forms_per_minute} forms a minute from one address: start it with"
            " a higher FORMS_PER_MINUTE."
        )
    return SystemUnderFire(
        name="running",
        base_url=run_file.base_url,
        gmail_url=run_file.require("gmail"),
        twilio_url=run_file.require("twilio"),
        stand_in_headers=stand_in_headers(data_dir),
        twilio_token=settings.twilio_auth_tokens[0].get_secret_value(),
        public_url=settings.base_url,
        mailbox=settings.gmail_address,
        database_url=settings.database_url.get_secret_value(),
        targets={},
    )


def _run_locust(
    system: SystemUnderFire, folder: Path, arguments: argparse.Namespace, data_dir: Path
) -> int:
    environment = {
        **os.environ,
        "ACCEPTED_FILE": str(folder / "accepted.jsonl"),
        "LOAD_RUN": str(int(time.time()) % 1_000_000),
        "BASE_URL": system.base_url,
        "GMAIL_URL": system.gmail_url,
        "TWILIO_URL": system.twilio_url,
        "STAND_IN_HEADERS": json.dumps(dict(system.stand_in_headers)),
        "FORMS_A_MINUTE": str(arguments.forms),
        "MAILS_A_MINUTE": str(arguments.mails),
        "WHATSAPPS_A_MINUTE": str(arguments.whatsapps),
        "PYTHONPATH": str(Path.cwd()),
    }
    command = [sys.executable, "-m", "locust", "-f", str(LOCUST_FILE), "--headless", "--users=15"]
    command += ["--spawn-rate=15", f"--run-time={int(arguments.minutes * 60)}s", "--only-summary"]
    command += [f"--csv={folder / 'load'}", "--stop-timeout=60"]
    locust = subprocess.Popen(command, env=environment)
    next_restart = time.monotonic() + arguments.restart_every
    next_redeploy = time.monotonic() + arguments.redeploy_every
    redeployed = 0
    while locust.poll() is None:
        time.sleep(0.5)
        if arguments.restart_every and time.monotonic() >= next_restart:
            next_restart += arguments.restart_every
            _kill_a_replica(data_dir)
        if arguments.redeploy_every and time.monotonic() >= next_redeploy:
            next_redeploy += arguments.redeploy_every
            redeployed += 1
            _replace_all_replicas(data_dir, redeployed)
    return locust.returncode


def _kill_a_replica(data_dir: Path) -> None:
    main_process = PidFile(data_dir / "run" / "main.pid").find()
    if main_process is None:
        return
    stage = random.choice(_STAGES)
    title = f"ray::ServeReplica:customer-success:{stage}"
    for process in main_process.children(recursive=True):
        try:
            if title in " ".join(process.cmdline()):
                process.kill()
                print(f"killed a replica of {stage}", flush=True)
                return
        except psutil.Error:
            continue


def _replace_all_replicas(data_dir: Path, number: int) -> None:
    """Another share of a core makes Serve put a new replica in the place of each."""
    config: Any = read_config(CONFIG)
    address = urlsplit(RunFile.read(data_dir).base_url)
    for deployment in config["applications"][0]["deployments"]:
        deployment["ray_actor_options"]["num_cpus"] += 0.01 * (number % 2)
    submit(
        with_port(config, str(address.hostname), int(address.port or 80)),
        RunFile.read(data_dir).dashboard(data_dir),
    )
    print(f"deployed anew, {number}", flush=True)


def _read_accepted(path: Path) -> list[Accepted]:
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        Accepted(line["token"], Channel(line["channel"]), line["address"], line["order"])
        for line in lines
    ]


def _print_latencies(path: Path) -> None:
    with path.open() as file:
        for row in csv.DictReader(file):
            print(
                f"{row['Name']:<12} {row['Request Count']:>6} calls, {row['Failure Count']} failed, "
                f"median {row['50%']} ms, p95 {row['95%']} ms, p99 {row['99%']} ms"
            )


async def _account(
    system: SystemUnderFire, accepted: list[Accepted]
) -> tuple[bool, History, list[Violation]]:
    is_quiet = await wait_for_rest(system, accepted, REST_WITHIN)
    async with httpx.AsyncClient() as client:
        history = await read_history(system, accepted, client)
    return is_quiet, history, check(history)


if __name__ == "__main__":
    sys.exit(main())
