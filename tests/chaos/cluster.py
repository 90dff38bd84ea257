"""Starts the slow system: the one of `make run`, Ray included, with providers that outlive it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
from rich.console import Console

from deployments.configs.delivery import DeliveryConfig
from deployments.settings import Settings, read_settings
from domain.channels import Channel
from serve_app.check_config import read_config, stage_config
from serve_app.local.pids import PidFile
from serve_app.local.ports import find_free_port
from serve_app.local.preparation import settings_file
from serve_app.local.progress import Progress
from serve_app.run_file import stand_in_headers
from serve_app.shipped import ROOT
from serve_app.standin_servers import StandInServers
from tests.chaos.runner import Tally, run_schedules
from tests.chaos.schedule import Act, make_schedule
from tests.chaos.system import SystemUnderFire, family
from tests.e2e.conftest import System, running_system

STAGES = ("ingress", "embedding", "sentiment", "agent", "delivery", "relay")
_TITLES = {
    **{name: f"ray::ServeReplica:customer-success:{name}" for name in STAGES},
    "front": "/bin/haproxy -db",
    "proxy": "ray::ProxyActor",
    "controller": "ray::ServeController",
}
TARGETS = (*_TITLES, "broker", "postgres", "ray")


def run_whole(
    broker: str,
    kafka_home: str,
    seeds: Sequence[int],
    say: Callable[[str], None],
    should_stop: Callable[[], bool],
    act: Act | None,
) -> Tally:
    """The schedules of these seeds on one system with this broker."""
    port = find_free_port()
    folder = Path(tempfile.mkdtemp(prefix="chaos-providers-"))
    standins = StandInServers(
        Settings(_env_file=None, data_dir=folder, http_port=port, enabled_channels="")
    )
    given = standins.configure(Settings(_env_file=None, data_dir=folder, http_port=port))
    names = [name for standin in standins.standins for name in standin.settings]
    environment = {
        name.upper(): value
        for name, value in given.as_environment().items()
        if name.lower() in names
    }
    try:
        standins.start(Progress(Console(quiet=True)))
        with running_system(
            **environment,
            HTTP_PORT=str(port),
            KAFKA_HOME=kafka_home if broker == "apache" else "",
            ENABLED_CHANNELS="web_form,email,whatsapp",
        ) as running:
            system = _under_fire(running, standins, broker)
            delivery = stage_config(read_config(ROOT / "config.yaml"), "delivery")
            assert isinstance(delivery, DeliveryConfig)
            limits = delivery.providers[Channel.EMAIL]
            schedules = [make_schedule(seed, TARGETS, limits, act=act) for seed in seeds]
            return asyncio.run(run_schedules(system, schedules, say, should_stop=should_stop))
    finally:
        standins.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _under_fire(running: System, standins: StandInServers, broker: str) -> SystemUnderFire:
    settings = read_settings(settings_file(running.data_dir))
    providers = {
        name: _found_by(PidFile(standins.run_dir / f"stand-in-{name}.pid"))
        for name in standins.urls
    }
    return SystemUnderFire(
        name=f"whole, {broker}",
        base_url=running.run.base_url,
        gmail_url=standins.urls["gmail"],
        twilio_url=standins.urls["twilio"],
        stand_in_headers=stand_in_headers(standins.run_dir.parent),
        twilio_token=settings.twilio_auth_tokens[0].get_secret_value(),
        public_url=settings.base_url,
        mailbox=settings.gmail_address,
        database_url=settings.database_url.get_secret_value(),
        targets={
            **{name: _titled(running, title) for name, title in _TITLES.items()},
            **{
                name: _found_by(PidFile(running.data_dir / "run" / f"{name}.pid"))
                for name in ("broker", "postgres", "ray")
            },
            **providers,
        },
        recover=lambda: _start_again(running),
    )


def _titled(running: System, title: str) -> Callable[[], Sequence[psutil.Process]]:
    def find() -> Sequence[psutil.Process]:
        if running.process is None or running.process.poll() is not None:
            return []
        ours = psutil.Process(running.process.pid).children(recursive=True)
        return [process for process in ours if title in _title_of(process)]

    return find


def _found_by(pid_file: PidFile) -> Callable[[], Sequence[psutil.Process]]:
    return lambda: family(pid_file.find())


def _title_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _start_again(running: System) -> None:
    """`make run` ends with its Ray; whoever runs it starts it again."""
    if running.process is None:
        return
    ray = PidFile(running.data_dir / "run" / "ray.pid").find()
    if ray is not None:
        # One that was killed a moment ago may still be on its way out.
        psutil.wait_procs([ray], timeout=2)
        ray = PidFile(running.data_dir / "run" / "ray.pid").find()
    if ray is None:
        running.process.wait(timeout=120)
    if running.process.poll() is not None:
        (running.data_dir / "running.json").unlink(missing_ok=True)
        running.start()
