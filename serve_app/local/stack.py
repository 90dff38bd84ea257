"""All servers of one machine as one thing: started in order, watched, and stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psutil

from channels.registry import transports
from deployments.settings import Settings
from domain.errors import BrokerUnavailable, ConfigurationError
from messaging.topics import ensure_topics
from serve_app.front.launch import front_daemon
from serve_app.local.broker import embedded_broker, kafka_node
from serve_app.local.daemon import Daemon
from serve_app.local.pids import PidFile, end_all, stop_tree
from serve_app.local.ports import PortBook
from serve_app.local.postgres import EmbeddedPostgres
from serve_app.local.preflight import allow_open_files, check_alone, check_machine
from serve_app.local.progress import Progress
from serve_app.local.ray_cluster import LOOPBACK, RayCluster

log = logging.getLogger(__name__)

WATCH_EVERY_S = 0.5
LONGEST_PAUSE_S = 10.0
STOP_GRACE = timedelta(seconds=20)
FOREGROUND = "main"
SERVERS = {
    "front": signal.SIGUSR1,
    "ray": signal.SIGTERM,
    **{f"stand-in-{transport.stand_in}": signal.SIGTERM for _, transport in transports()},
    "broker": signal.SIGTERM,
    "postgres": signal.SIGINT,
}
"""In the order in which they are stopped. SIGUSR1 has the front finish its requests; SIGINT is PostgreSQL's fast
shutdown, which does not wait for its clients to leave."""


class LocalStack:
    """PostgreSQL and a broker where no address of one is given, a Ray head node and the front, under `data_dir`.

    What an earlier run that was killed left behind is stopped first. Every server keeps its port
    and its data from one start to the next; the embedded broker has no data to keep.
    """

    def __init__(
        self,
        data_dir: Path,
        http_port: int,
        dashboard_port: int,
        kafka_home: Path | None = None,
        database_url: str | None = None,
        kafka_bootstrap: str | None = None,
        api_host: str = LOOPBACK,
        trusted_proxies: str = "",
    ) -> None:
        self._data_dir = data_dir.resolve()
        self._wanted_ports = {"HTTP_PORT": http_port, "DASHBOARD_PORT": dashboard_port}
        self._dashboard_port = dashboard_port
        self._http_port = http_port
        self._api_host = api_host
        self._trusted_proxies = trusted_proxies
        self._kafka_home = kafka_home
        self._database_url = database_url
        self._kafka_bootstrap = kafka_bootstrap
        self._run_dir = self._data_dir / "run"
        self._log_dir = self._data_dir / "logs"
        self._own_pid = PidFile(self._run_dir / f"{FOREGROUND}.pid")
        self._daemons: list[tuple[Daemon, Callable[[], None]]] = []
        self._serve_port = 0
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    @classmethod
    def of(cls, settings: Settings) -> LocalStack:
        """What `settings` leave to this machine."""
        return cls(
            settings.data_dir,
            settings.port,
            settings.dashboard_port,
            settings.kafka_home,
            settings.database_url.get_secret_value() or None,
            settings.kafka_bootstrap_servers or None,
            settings.api_host,
            settings.trusted_proxies,
        )

    @property
    def dashboard_url(self) -> str:
        return f"http://127.0.0.1:{self._dashboard_port}"

    @property
    def serve_port(self) -> int:
        """Where Serve's proxy listens, on the loopback address. Raises RuntimeError before `start`."""
        if not self._serve_port:
            raise RuntimeError("the stack was not started")
        return self._serve_port

    def start_servers(self, progress: Progress) -> dict[str, str]:
        """PostgreSQL and the broker without Ray, for a Ray that somebody else starts; their addresses.

        They outlive this process, unless `stop` is called; `stop_all` ends them too.
        Raises ConfigurationError like `start`, with nothing left running.
        """
        check_alone(self._own_pid, self._data_dir)
        stop_leftovers(self._data_dir)
        check_machine(self._data_dir, {})
        try:
            return self._start_servers(PortBook(self._run_dir / "ports.json"), progress)
        except BaseException:
            self.stop()
            raise

    def start(
        self,
        progress: Progress,
        meanwhile: Callable[[dict[str, str]], None] = lambda _addresses: None,
        with_ray: Callable[[], None] = lambda: None,
    ) -> dict[str, str]:
        """Start everything and return the environment that drivers and replicas need.

        `meanwhile` is called with the addresses of PostgreSQL and the broker while Ray still starts, and
        `with_ray` on another thread as soon as Ray runs.
        Raises ConfigurationError with sentences for a person; nothing is left running then.
        """
        check_alone(self._own_pid, self._data_dir)
        stop_leftovers(self._data_dir)
        check_machine(self._data_dir, self._wanted_ports)
        allow_open_files()
        self._stopping.clear()
        self._own_pid.write(os.getpid())
        try:
            return self._start_all(progress, meanwhile, with_ray)
        except BaseException:
            self.stop()
            raise

    def _start_all(
        self,
        progress: Progress,
        meanwhile: Callable[[dict[str, str]], None],
        with_ray: Callable[[], None],
    ) -> dict[str, str]:
        ports = PortBook(self._run_dir / "ports.json")
        ray = RayCluster(
            self._data_dir,
            self._run_dir,
            self._log_dir,
            ports,
            self._dashboard_port,
        )
        self._serve_port = ports.port("serve")
        # Not watched: a head node that died takes the whole application with it.
        self._daemons.append((ray.daemon, _leave_it))

        def start_ray() -> None:
            ray.daemon.start()
            with_ray()

        with ThreadPoolExecutor(1) as aside:
            # Ray takes the longest by far, so it starts beside the others.
            ray_started = aside.submit(start_ray)
            try:
                addresses = self._start_servers(ports, progress)
                self._start_front()
                meanwhile(addresses)
                with progress.step("starting Ray"):
                    ray_started.result()
            except BaseException:
                ray.daemon.stop()
                raise
        return addresses | ray.env

    def _start_front(self) -> None:
        """Before Serve: until that answers, the front asks callers to come again."""
        front = front_daemon(
            self._api_host,
            self._http_port,
            f"{LOOPBACK}:{self._serve_port}",
            self._trusted_proxies,
            self._run_dir,
            self._log_dir,
        )
        self._daemons.append((front, front.start))
        front.start()

    def _start_servers(self, ports: PortBook, progress: Progress) -> dict[str, str]:
        return {
            "DATABASE_URL": self._database_url or self._start_postgres(ports, progress),
            "KAFKA_BOOTSTRAP_SERVERS": self._kafka_bootstrap or self._start_broker(ports, progress),
        }

    def _start_postgres(self, ports: PortBook, progress: Progress) -> str:
        port = ports.port("postgres")
        postgres = EmbeddedPostgres(self._data_dir / "postgres", self._run_dir, self._log_dir, port)
        with progress.step("starting PostgreSQL"):
            self._daemons.append((postgres.daemon, postgres.start))
            postgres.start()
        return postgres.url

    def _start_broker(self, ports: PortBook, progress: Progress) -> str:
        port = ports.port("broker")
        if self._kafka_home:
            daemon = kafka_node(
                self._kafka_home,
                self._data_dir / "kafka",
                self._run_dir,
                self._log_dir,
                port,
                ports.port("broker controller"),
            )
        else:
            daemon = embedded_broker(self._run_dir, self._log_dir, port)
        address = f"127.0.0.1:{port}"

        def start() -> None:
            daemon.start()
            try:
                asyncio.run(ensure_topics(address))
            except BrokerUnavailable as error:
                raise ConfigurationError(f"{daemon.name} makes no topics: {error}") from error

        with progress.step(f"starting {daemon.name}"):
            self._daemons.append((daemon, start))
            start()
        return address

    def watch(self) -> None:
        """Restart PostgreSQL, the broker and the front whenever they die, on a thread of its own, until `stop`."""
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="watch", daemon=True)
            self._watcher.start()

    def _watch(self) -> None:
        pause = WATCH_EVERY_S
        while not self._stopping.wait(pause):
            pause = WATCH_EVERY_S
            for daemon, restart in self._daemons:
                if daemon.is_running or restart is _leave_it:
                    continue
                log.warning("%s died and is started again", daemon.name)
                try:
                    restart()
                except (ConfigurationError, OSError) as error:
                    pause = min(pause * 4, LONGEST_PAUSE_S)
                    log.error("%s does not start, will try again: %s", daemon.name, error)

    @property
    def is_ray_running(self) -> bool:
        return any(daemon.is_running for daemon, restart in self._daemons if restart is _leave_it)

    def stop(self) -> None:
        """Stop what was started, in reverse order. Harmless when repeated."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join(timeout=30)
            self._watcher = None
        while self._daemons:
            daemon, _ = self._daemons.pop()
            daemon.stop()
        self._own_pid.remove()


def _leave_it() -> None:
    """The restart of a server that is not restarted."""


def stop_leftovers(data_dir: Path) -> list[str]:
    """Stop the servers that an earlier run on `data_dir` left behind, and name them."""
    run_dir = data_dir / "run"
    stopped = []
    for name, stop_signal in SERVERS.items():
        pid_file = PidFile(run_dir / f"{name}.pid")
        process = pid_file.find()
        if process is not None:
            stop_tree(process, STOP_GRACE, stop_signal)
            stopped.append(name)
        pid_file.remove()
    return stopped


def stop_all(data_dir: Path) -> list[str]:
    """What `make stop` does: ask the foreground process to end, then see to what it left behind.

    Returns the names of what was running.
    """
    own_pid = PidFile(data_dir / "run" / f"{FOREGROUND}.pid")
    process = own_pid.find()
    stopped = [FOREGROUND] if process is not None else []
    if process is not None:
        process.terminate()
        _, alive = psutil.wait_procs([process], timeout=60)
        end_all(alive)
    own_pid.remove()
    return stopped + stop_leftovers(data_dir)
