"""The stand-ins of the providers that nobody configured, as servers of this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable

from channels.registry import chosen, transports
from channels.spec import StandIn, Transport, plain
from deployments.settings import Settings, environment_without_secrets
from serve_app.local.daemon import Daemon, Launch
from serve_app.local.keys import STAND_IN_KEY, local_key, make_private_folder
from serve_app.local.pids import PidFile
from serve_app.local.ports import PortBook, is_free
from serve_app.local.progress import Progress
from serve_app.shipped import ROOT


def wanted_standins(settings: Settings) -> dict[str, Callable[[int, str], StandIn]]:
    """By provider: those of channels without any setting, as long as nobody named them in ENABLED_CHANNELS."""
    return {
        transport.stand_in: transport.make_stand_in
        for channel, transport in transports()
        if transport.stand_in is not None
        and transport.make_stand_in is not None
        and not settings.enabled_channels
        and chosen(channel, settings) is transport
        and not _is_configured(settings, transport)
    }


def _is_configured(settings: Settings, transport: Transport) -> bool:
    first = transport.required[0]
    return isinstance(first, str) and bool(plain(getattr(settings, first)))


class StandInServers:
    """One process a provider; each keeps its port from one start to the next."""

    def __init__(self, settings: Settings) -> None:
        self.run_dir = settings.data_dir / "run"
        make_private_folder(self.run_dir)
        ports = PortBook(self.run_dir / "ports.json")
        base_url = settings.base_url
        self.standins = [
            make(ports.port(f"stand-in {provider}"), base_url)
            for provider, make in wanted_standins(settings).items()
        ]
        self._daemons = [self._daemon(standin, settings) for standin in self.standins]

    def configure(self, settings: Settings) -> Settings:
        """Return `settings` with every provider's URL and keys replaced by its stand-in's."""
        for standin in self.standins:
            settings = settings.model_copy(update=standin.settings)
        return settings

    def start(self, progress: Progress) -> None:
        """Start every process, in place of one that an earlier run left."""
        for daemon in self._daemons:
            with progress.step(f"starting a stand-in for {daemon.name}"):
                daemon.stop()
                daemon.start()

    def restart_dead(self) -> None:
        """Start those that have ended; they keep their ports."""
        for daemon in self._daemons:
            if not daemon.is_running:
                daemon.start()

    def stop(self) -> None:
        """End every process."""
        for daemon in self._daemons:
            daemon.stop()

    @property
    def urls(self) -> dict[str, str]:
        """Return the address by provider."""
        return {standin.provider: standin.url for standin in self.standins}

    def _daemon(self, standin: StandIn, settings: Settings) -> Daemon:
        run_dir, log_dir = settings.data_dir / "run", settings.data_dir / "logs"
        command = [sys.executable, "-m", "standins", standin.provider]
        command += ["--port", str(standin.port), *standin.arguments]
        local_key(run_dir, STAND_IN_KEY)
        command += ["--key-file", str(run_dir / STAND_IN_KEY)]
        if settings.log_level is not None:
            command += ["--log-level", settings.log_level]
        environment = {name.upper(): str(plain(value)) for name, value in standin.settings.items()}
        environment = {
            **environment_without_secrets(),
            **environment,
            **standin.environment,
            "PYTHONPATH": str(ROOT),
        }
        return Daemon(
            name=standin.provider,
            launch=lambda: Launch(command, env=environment),
            is_ready=lambda: not is_free(standin.port),
            log_path=log_dir / f"stand-in-{standin.provider}.log",
            pid_file=PidFile(run_dir / f"stand-in-{standin.provider}.pid"),
        )
