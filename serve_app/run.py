"""`make run`: servers, schema, stand-ins, Ray and the graph in order, then watch until told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

import requests
from pydantic import SecretStr
from rich.console import Console

from deployments.settings import Settings
from domain.channels import Channel
from domain.errors import ConfigurationError
from serve_app.check_config import read_config
from serve_app.deploy import deploy, with_port
from serve_app.local.daemon import Daemon, Launch
from serve_app.local.pids import PidFile
from serve_app.local.ports import PortBook, is_free
from serve_app.local.progress import Progress
from serve_app.local.stack import LocalStack, stop_leftovers
from serve_app.prepare import CONFIG
from serve_app.run_file import RunFile
from serve_app.secrets_file import with_local_secrets
from serve_app.standins import StandIn, gmail_standin, twilio_standin, wanted_standins

ROOT = Path(__file__).parents[1]
_ROLE = "fte_app"


class _Stop:
    """Set by Ctrl-C or SIGTERM; a second signal changes nothing, so that the farewell stays orderly."""

    def __init__(self) -> None:
        self.event = threading.Event()
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.event.set()


def run(settings: Settings, console: Console) -> int:
    """Start, print READY, watch, stop. Raises ConfigurationError with nothing left running."""
    stop_signal = _Stop()
    config = read_config(CONFIG)
    settings = with_local_secrets(
        settings.model_copy(update={"data_dir": settings.data_dir.absolute()})
    )
    data_dir = settings.data_dir
    settings_file = data_dir / "run" / "settings.env"
    # Ray's workers inherit these; what is only known later they read from the file.
    os.environ.update(SETTINGS_FILE=str(settings_file), PYTHONPATH=str(ROOT))
    standins = _Standins(settings)
    stack = LocalStack(
        data_dir,
        settings.port,
        settings.dashboard_port,
        settings.kafka_home,
        settings.database_url.get_secret_value() or None,
        settings.kafka_bootstrap_servers or None,
    )
    progress = Progress(console)

    def complete(addresses: dict[str, str]) -> None:
        nonlocal settings
        settings = standins.configure(_with_addresses(settings, addresses))
        settings.require_complete()
        settings.write(settings_file)
        with progress.step("schema and knowledge base"):
            _prepare(data_dir / "logs" / "prepare.log")

    stack.start(progress, meanwhile=complete)
    try:
        standins.start(progress)
        dashboard = f"http://127.0.0.1:{settings.dashboard_port}"
        with progress.step("starting the deployments"):
            deploy(
                with_port(config, settings.api_host, settings.port),
                dashboard,
                keep_waiting=lambda: stack.is_ray_running and not stop_signal.event.is_set(),
            )
            _wait_until_it_answers(settings.port, stop_signal)
        if not stop_signal.event.is_set():
            _announce(settings, standins, dashboard, console)
        stack.watch()
        return _watch(stack, standins, stop_signal, console)
    finally:
        with progress.step("stopping"):
            RunFile.remove(data_dir)
            standins.stop()
            stack.stop()


def stop(settings: Settings, console: Console) -> int:
    """End what an earlier run left behind, by its own pid files."""
    data_dir = settings.data_dir.absolute()
    main = PidFile(data_dir / "run" / "main.pid").find()
    if main is not None:
        main.terminate()
        main.wait(timeout=90)
        console.print("stopped the running system")
        return 0
    stopped = stop_leftovers(data_dir)
    RunFile.remove(data_dir)
    console.print(f"stopped {', '.join(stopped)}" if stopped else "nothing was running")
    return 0


class _Standins:
    """The stand-ins of the providers that nobody configured."""

    def __init__(self, settings: Settings) -> None:
        run_dir = settings.data_dir / "run"
        run_dir.mkdir(parents=True, exist_ok=True)
        ports = PortBook(run_dir / "ports.json")
        base_url = settings.base_url
        make = {"gmail": gmail_standin, "twilio": twilio_standin}
        self.standins = [
            make[provider](ports.port(f"stand-in {provider}"), base_url)
            for provider in wanted_standins(settings)
        ]
        self._daemons = [self._daemon(one, settings) for one in self.standins]

    def configure(self, settings: Settings) -> Settings:
        for one in self.standins:
            settings = settings.model_copy(update=one.settings)
        return settings

    def start(self, progress: Progress) -> None:
        for daemon in self._daemons:
            with progress.step(f"starting a stand-in for {daemon.name}"):
                daemon.stop()
                daemon.start()

    def restart_dead(self) -> None:
        for daemon in self._daemons:
            if not daemon.is_running:
                daemon.start()

    def stop(self) -> None:
        for daemon in self._daemons:
            daemon.stop()

    @property
    def urls(self) -> dict[str, str]:
        return {one.provider: one.url for one in self.standins}

    def _daemon(self, standin: StandIn, settings: Settings) -> Daemon:
        run_dir, log_dir = settings.data_dir / "run", settings.data_dir / "logs"
        command = [sys.executable, "-m", "tests.standins", standin.provider]
        command += ["--port", str(standin.port), *standin.arguments]
        environment = {**os.environ, **_texts(standin.settings), "PYTHONPATH": str(ROOT)}
        environment["TWILIO_WEBHOOK_URL"] = f"{settings.base_url}/api/v1/webhooks/whatsapp"
        return Daemon(
            name=standin.provider,
            launch=lambda: Launch(command, env=environment),
            is_ready=lambda: not is_free(standin.port),
            log_path=log_dir / f"stand-in-{standin.provider}.log",
            pid_file=PidFile(run_dir / f"stand-in-{standin.provider}.pid"),
        )


def _with_addresses(settings: Settings, addresses: dict[str, str]) -> Settings:
    """A database of our own is used under the role that can't alter the schema."""
    update: dict[str, object] = {
        "database_url": SecretStr(addresses["DATABASE_URL"]),
        "kafka_bootstrap_servers": addresses["KAFKA_BOOTSTRAP_SERVERS"],
    }
    if not settings.database_url.get_secret_value():
        update["database_role"] = _ROLE
    return settings.model_copy(update=update)


def _prepare(log_path: Path) -> None:
    """In a process of its own, whose memory for the embedding model ends with it."""
    command = [sys.executable, "-m", "serve_app", "migrate"]
    with log_path.open("wb") as output:
        done = subprocess.run(  # noqa: S603
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        last = log_path.read_text(errors="replace").splitlines()[-5:]
        raise ConfigurationError("\n".join(last))


def _wait_until_it_answers(port: int, stop_signal: _Stop) -> None:
    url = f"http://127.0.0.1:{port}/api/v1/health"
    for _ in range(300):
        if stop_signal.event.is_set():
            return
        try:
            if requests.get(url, timeout=5).json().get("status") == "healthy":
                return
        except (requests.RequestException, ValueError):
            # Not there yet.
            stop_signal.event.wait(0.2)
            continue
        stop_signal.event.wait(0.2)
    raise ConfigurationError(f"The deployments run, but {url} does not say that all is well.")


def _announce(settings: Settings, standins: _Standins, dashboard: str, console: Console) -> None:
    base = f"http://127.0.0.1:{settings.port}"
    name, key = next(iter(settings.staff_keys.items()))
    RunFile(base, dashboard, key.get_secret_value(), standins.urls).write(settings.data_dir)
    model = (
        settings.openai_model if settings.has_model else "the grounded answerer (no model is set)"
    )
    lines = [
        f"READY {base}/",
        f"  API docs        {base}/api/v1/docs",
        f"  staff console   {base}/console/  (key of {name}: {key.get_secret_value()})",
        f"  Ray dashboard   {dashboard}",
        f"  answering with  {model}",
    ]
    for channel, provider in ((Channel.EMAIL, "gmail"), (Channel.WHATSAPP, "twilio")):
        if provider in standins.urls:
            lines.append(
                f"  {channel.value:<15} local stand-in for {provider}: {standins.urls[provider]}"
            )
        elif channel not in settings.channels:
            lines.append(f"  {channel.value:<15} off")
    for line in lines:
        console.print(line, soft_wrap=True, markup=False)
    console.print("Ctrl-C stops everything; started again, it has lost nothing.")


def _watch(stack: LocalStack, standins: _Standins, stop_signal: _Stop, console: Console) -> int:
    while not stop_signal.event.wait(1.0):
        standins.restart_dead()
        if not stack.is_ray_running:
            console.print("Ray has ended; see the logs in the data folder.", style="bold red")
            return 1
    return 0


def _texts(settings: dict[str, object]) -> dict[str, str]:
    return {
        name.upper(): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in settings.items()
    }
