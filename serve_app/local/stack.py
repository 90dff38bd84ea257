"""Starts all servers of one machine in order, watches and stops them."""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psutil

from channels.registry import transports
from deployments.settings import Settings
from domain.errors import BrokerUnavailable, ConfigurationError
from messaging.topics import ensure_topics
from serve_app.deploy import Dashboard
from serve_app.front.launch import front_daemon
from serve_app.local.broker import broker_address, embedded_broker, kafka_node
from serve_app.local.broker_gate import OPEN_NETWORK
from serve_app.local.daemon import Daemon
from serve_app.local.keys import FRONT_KEY, RAY_TOKEN, local_key, make_private_folder
from serve_app.local.pids import PidFile, end_all, find_strays, stop_tree
from serve_app.local.ports import PortBook
from serve_app.local.postgres import EmbeddedPostgres
from serve_app.local.preflight import allow_open_files, check_alone, check_machine
from serve_app.local.progress import Progress
from serve_app.local.ray_cluster import LOOPBACK, RayCluster
from serve_app.private_file import write_private

log = logging.getLogger(__name__)

WATCH_EVERY_S = 0.5
LONGEST_PAUSE_S = 10.0
STOP_GRACE = timedelta(seconds=20)
FOREGROUND = "main"
RAY_ENVIRONMENT = "ray.env"
"""Shell file in the run folder, after which `ray` and `serve` of another terminal find the cluster and its token."""
SERVERS = {
    "front": signal.SIGUSR1,
    "ray": signal.SIGTERM,
    **{f"stand-in-{transport.stand_in}": signal.SIGTERM for _, transport in transports()},
    "broker": signal.SIGTERM,
    "postgres": signal.SIGINT,
}
"""In stopping order. SIGUSR1 lets the front finish its requests; SIGINT is PostgreSQL's fast shutdown, which
does not wait for clients to disconnect."""


class LocalStack:
    """PostgreSQL and a broker (unless their addresses are given), a Ray head node and the front, under `data_dir`.

    A start first stops what an earlier, killed run left behind. Servers keep their ports and their data over
    restarts, except for the embedded broker, which keeps no data.
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
        """Make the stack of servers whose addresses `settings` do not name."""
        return cls(
            settings.data_dir,
            settings.port,
            settings.dashboard_port,
            settings.kafka_home,
            settings.database_url.get_secret_value() or None,
            settings.kafka_bootstrap_servers or None,
            settings.api_host,
            settings.proxies,
        )

    @property
    def dashboard(self) -> Dashboard:
        """Ray's dashboard and the token that it asks for."""
        return Dashboard(
            f"http://127.0.0.1:{self._dashboard_port}", local_key(self._run_dir, RAY_TOKEN)
        )

    @property
    def serve_port(self) -> int:
        """The loopback port of Serve's proxy.

        Raises:
            RuntimeError: The stack was not started.
        """
        if not self._serve_port:
            raise RuntimeError("the stack was not started")
        return self._serve_port

    def start_servers(self, progress: Progress) -> dict[str, str]:
        """Start PostgreSQL and the broker for a Ray that is started separately.

        They outlive this process unless `stop` or `stop_all` is called.

        Returns:
            The addresses as environment variables.

        Raises:
            ConfigurationError: As in `start`; nothing is left running.
        """
        make_private_folder(self._data_dir)
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
        """Start everything.

        Args:
            progress: Shows the steps.
            meanwhile: Called with the addresses of PostgreSQL and the broker while Ray still starts.
            with_ray: Called in another thread as soon as Ray runs.

        Returns:
            The environment that drivers and replicas need.

        Raises:
            ConfigurationError: Sentences for the user; nothing is left running.
        """
        make_private_folder(self._data_dir)
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
        ports.note("http", self._http_port)
        ports.note("dashboard", self._dashboard_port)
        local_key(self._run_dir, FRONT_KEY)
        ray = RayCluster(
            self._data_dir,
            self._run_dir,
            self._log_dir,
            ports,
            self._dashboard_port,
            front_key_file=self._run_dir / FRONT_KEY,
        )
        write_private(self._run_dir / RAY_ENVIRONMENT, as_exports(ray.env))
        self._serve_port = ports.port("serve")
        # Not watched: when the head node dies, the whole application is gone.
        self._daemons.append((ray.daemon, _leave_it))

        def start_ray() -> None:
            ray.daemon.start()
            with_ray()

        with ThreadPoolExecutor(1) as aside:
            # Ray takes longest by far, so it starts in parallel.
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
        """Start the front before Serve; until Serve answers, the front answers 503 with Retry-After."""
        front = front_daemon(
            self._api_host,
            self._http_port,
            f"{LOOPBACK}:{self._serve_port}",
            self._trusted_proxies,
            self._run_dir,
            self._log_dir,
            self._run_dir / FRONT_KEY,
        )
        self._daemons.append((front, front.start))
        front.start()

    def _start_servers(self, ports: PortBook, progress: Progress) -> dict[str, str]:
        return {
            "DATABASE_URL": self._database_url or self._start_postgres(ports, progress),
            **(
                {"KAFKA_BOOTSTRAP_SERVERS": self._kafka_bootstrap}
                if self._kafka_bootstrap
                else self._start_broker(ports, progress)
            ),
        }

    def _start_postgres(self, ports: PortBook, progress: Progress) -> str:
        port = ports.port("postgres")
        postgres = EmbeddedPostgres(self._data_dir / "postgres", self._run_dir, self._log_dir, port)
        with progress.step("starting PostgreSQL"):
            self._daemons.append((postgres.daemon, postgres.start))
            postgres.start()
        return postgres.url

    def _start_broker(self, ports: PortBook, progress: Progress) -> dict[str, str]:
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
            inner = ports.port("broker behind its gate")
            daemon = embedded_broker(self._run_dir, self._log_dir, port, inner)
        address = broker_address(self._run_dir, port)

        def start() -> None:
            daemon.start()
            try:
                asyncio.run(ensure_topics(address))
            except BrokerUnavailable as error:
                raise ConfigurationError(f"{daemon.name} can't create topics: {error}") from error

        with progress.step(f"starting {daemon.name}"):
            self._daemons.append((daemon, start))
            start()
        if OPEN_NETWORK in daemon.last_lines():
            progress.warn(
                f"{OPEN_NETWORK}: this system allows no network namespace. Its records hold ids and no text;"
                " with KAFKA_HOME, or KAFKA_BOOTSTRAP_SERVERS and SASL, no port is open."
            )
        return {
            "KAFKA_BOOTSTRAP_SERVERS": address.servers,
            "KAFKA_SECURITY_PROTOCOL": address.security_protocol,
            "KAFKA_SASL_MECHANISM": address.sasl_mechanism,
            "KAFKA_SASL_USERNAME": address.username,
            "KAFKA_SASL_PASSWORD": address.password,
        }

    def watch(self) -> None:
        """Restart PostgreSQL, the broker and the front when they die, in a thread that runs until `stop`."""
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
                log.warning("%s died and is restarted", daemon.name)
                try:
                    restart()
                except (ConfigurationError, OSError) as error:
                    pause = min(pause * 4, LONGEST_PAUSE_S)
                    log.error("%s does not start; trying again: %s", daemon.name, error)

    @property
    def is_ray_running(self) -> bool:
        """Whether the head node lives."""
        return any(daemon.is_running for daemon, restart in self._daemons if restart is _leave_it)

    def stop(self) -> None:
        """Stop what was started, in reverse order. Idempotent."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join(timeout=30)
            self._watcher = None
        while self._daemons:
            daemon, _ = self._daemons.pop()
            daemon.stop()
        self._own_pid.remove()


def as_exports(variables: Mapping[str, str]) -> str:
    """Return the lines of a shell file that exports the variables."""
    return "".join(f"export {name}={shlex.quote(text)}\n" for name, text in variables.items())


def _leave_it() -> None:
    """Do nothing: the restart of a server that must not be restarted."""


def stop_leftovers(data_dir: Path) -> list[str]:
    """Stop the servers that an earlier run on `data_dir` left behind and return their names."""
    run_dir = data_dir / "run"
    stopped = []
    for name, stop_signal in SERVERS.items():
        pid_file = PidFile(run_dir / f"{name}.pid")
        process = pid_file.find()
        if process is not None:
            stop_tree(process, STOP_GRACE, stop_signal)
            stopped.append(name)
        pid_file.remove()
    strays = find_strays(run_dir)
    for process in strays:
        stop_tree(process, STOP_GRACE)
    return stopped + [f"process {process.pid}" for process in strays]


def stop_all(data_dir: Path) -> list[str]:
    """End the foreground process, then stop any server that it left behind.

    Returns:
        The names of what was running.
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
