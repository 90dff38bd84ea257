"""Starts servers, schema, stand-ins, Ray and the graph, then watches them until stopped (`make run`)."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import FrameType

import requests
import yaml
from rich.console import Console

from channels.registry import chosen
from deployments.going_live import MODEL
from deployments.settings import Settings
from domain.channels import Channel
from domain.errors import ConfigurationError
from serve_app.deploy import deploy, start_serve, with_port
from serve_app.local.keys import RAY_TOKEN
from serve_app.local.pids import PidFile
from serve_app.local.preflight import check_data_dir
from serve_app.local.preparation import local_settings, prepare_apart, settings_file
from serve_app.local.progress import Progress
from serve_app.local.ray_cluster import LOOPBACK
from serve_app.local.stack import RAY_ENVIRONMENT, LocalStack, stop_leftovers
from serve_app.next_steps import next_steps
from serve_app.run_file import RunFile
from serve_app.secrets_file import with_local_secrets
from serve_app.shipped import ROOT, shipped
from serve_app.standin_servers import StandInServers


class _Stop:
    """Set by Ctrl-C or SIGTERM; a second signal is ignored, so that the shutdown stays orderly."""

    def __init__(self) -> None:
        self.event = threading.Event()
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.event.set()


def run(settings: Settings, console: Console) -> int:
    """Start the system, print READY, watch it until a signal and stop it.

    Returns:
        0 after a signal, 1 if Ray ended by itself.

    Raises:
        ConfigurationError: The start failed; nothing is left running.
    """
    stop_signal = _Stop()
    # Whatever a server writes is its owner's alone.
    os.umask(0o077)
    check_data_dir(settings.data_dir.absolute())
    settings = with_local_secrets(
        settings.model_copy(
            update={
                "data_dir": settings.data_dir.absolute(),
                "allow_private_hosts": settings.allow_private_hosts or "127.0.0.1",
                "sample_company": (
                    settings.company is None
                    if settings.sample_company is None
                    else settings.sample_company
                ),
            }
        )
    )
    data_dir = settings.data_dir
    # Ray's workers inherit these variables and read settings that are known later from the file.
    os.environ.update(SETTINGS_FILE=str(settings_file(data_dir)), PYTHONPATH=str(ROOT))
    standins = StandInServers(settings)
    stack = LocalStack.of(settings)
    progress = Progress(console)
    started = ExitStack()

    def complete(addresses: dict[str, str]) -> None:
        nonlocal settings
        settings = standins.configure(local_settings(settings, addresses))
        settings.require_complete()
        settings.write(settings_file(data_dir))
        with ThreadPoolExecutor(1) as aside:
            prepared = aside.submit(prepare_apart, data_dir, stop_signal.event.is_set)
            started.callback(standins.stop)
            standins.start(progress)
            with progress.step("schema and knowledge base"):
                prepared.result()

    def with_ray() -> None:
        start_serve(_config(stack), stack.dashboard)

    try:
        stack.start(progress, meanwhile=complete, with_ray=with_ray)
    except BaseException:
        started.close()
        raise
    try:
        if stop_signal.event.is_set():
            return 0
        with progress.step("starting the deployments"):
            deploy(
                _config(stack),
                stack.dashboard,
                keep_waiting=lambda: stack.is_ray_running and not stop_signal.event.is_set(),
            )
            if not stack.is_ray_running:
                raise ConfigurationError(
                    f"Ray ended while the deployments were starting; see {data_dir / 'logs'}."
                )
            _wait_until_it_answers(settings.port, stop_signal)
        if not stop_signal.event.is_set():
            _announce(settings, standins, console)
        stack.watch()
        return _watch(stack, standins, stop_signal, console)
    finally:
        with progress.step("stopping"):
            RunFile.remove(data_dir)
            started.close()
            stack.stop()


def stop(settings: Settings, console: Console) -> int:
    """Stop a running system or the servers that an earlier run left behind, by their pid files."""
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


def _config(stack: LocalStack) -> dict[str, object]:
    """Return config.yaml with Serve on its port behind the front.

    `prepare_apart` has already checked it strictly; that needs Serve's schema, which takes a second to import.
    """
    config = yaml.safe_load(shipped("config.yaml").read_text(encoding="utf-8"))
    return with_port(config, LOOPBACK, stack.serve_port)


def _wait_until_it_answers(port: int, stop_signal: _Stop) -> None:
    url = f"http://127.0.0.1:{port}/api/v1/health"
    for _ in range(300):
        if stop_signal.event.is_set():
            return
        try:
            health = requests.get(url, timeout=5).json()
            # A model that fails is no reason to wait: articles are quoted meanwhile.
            if {state for name, state in health["components"].items() if name != "model"} <= {
                "healthy",
                "off",
            }:
                return
        except (requests.RequestException, ValueError, KeyError):
            # Not up yet.
            stop_signal.event.wait(0.2)
            continue
        stop_signal.event.wait(0.2)
    raise ConfigurationError(f"The deployments run, but {url} does not report healthy.")


def _announce(settings: Settings, standins: StandInServers, console: Console) -> None:
    data_dir = settings.data_dir
    run_file = RunFile.of(settings, standins.urls)
    run_file.write(data_dir)
    base = run_file.base_url
    model = (
        settings.openai_model if settings.has_model else "the grounded answerer (no model is set)"
    )
    lines = [
        f"READY {base}/",
        f"  API docs        {base}/api/v1/docs",
        f"  staff console   {base}/console/  (key of {next(iter(settings.staff_keys))}: {run_file.staff_key})",
        f"  Ray dashboard   {run_file.dashboard_url}  (token: {data_dir / 'run' / RAY_TOKEN}; before `ray` and `serve`"
        f" in another terminal: . {data_dir / 'run' / RAY_ENVIRONMENT})",
        f"  answering with  {model}",
    ]
    for channel in Channel:
        provider = chosen(channel, settings).stand_in
        if provider in standins.urls:
            lines.append(
                f"  {channel.value:<15} local stand-in for {provider}: {standins.urls[provider]}"
            )
        elif channel not in settings.channels:
            lines.append(f"  {channel.value:<15} off")
    for line in (*lines, *next_steps(settings)):
        console.print(line, soft_wrap=True, markup=False)
    if settings.has_model:
        for problem in _model_problems(run_file):
            console.print(problem, soft_wrap=True, markup=False, style="bold red")
    console.print("Ctrl-C stops everything; the data is kept for the next start.")


_DOCTOR_LIMIT_S = 20


def _model_problems(run_file: RunFile) -> list[str]:
    """Ask the doctor whether the model answers; a start goes on without it."""
    try:
        answer = requests.get(
            f"{run_file.base_url}/api/v1/doctor",
            headers={"Authorization": f"Bearer {run_file.staff_key}"},
            timeout=_DOCTOR_LIMIT_S,
        ).json()
        problems = next(check["problems"] for check in answer["checks"] if check["name"] == MODEL)
    except (requests.RequestException, ValueError, KeyError, StopIteration):
        return [
            "WARNING: whether the model answers could not be found out; see `serve_app doctor`."
        ]
    return [
        f"WARNING: the model does not answer, so articles are quoted instead. {problem}"
        for problem in problems
    ]


def _watch(
    stack: LocalStack, standins: StandInServers, stop_signal: _Stop, console: Console
) -> int:
    while not stop_signal.event.wait(1.0):
        standins.restart_dead()
        if not stack.is_ray_running:
            console.print("Ray ended; see the logs in the data folder.", style="bold red")
            return 1
    return 0
