"""Starts what a benchmark runs on: servers in a temporary folder, an app on Ray, or a whole system."""

from __future__ import annotations

import copy
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml
from dotenv import dotenv_values
from pydantic import SecretStr
from rich.console import Console

from deployments.settings import Settings, read_settings
from messaging.address import BrokerAddress
from serve_app.check_config import read_config
from serve_app.deploy import Dashboard, deploy, submit, with_port
from serve_app.local.ports import PortBook, find_free_port
from serve_app.local.preparation import local_settings, settings_file
from serve_app.local.progress import Progress
from serve_app.local.ray_cluster import SERVING_FLAGS, RayCluster
from serve_app.local.stack import LocalStack
from serve_app.prepare import CONFIG, prepare
from serve_app.run_file import RunFile

ROOT = Path(__file__).parents[1]
_READY_WITHIN_S = 180.0
_REPLICA = re.compile(r"ray::ServeReplica:[^:]+:(\w+)")
_PROXY = re.compile(r"ray::ProxyActor|\S+/bin/haproxy -db ")


@contextmanager
def local_servers() -> Iterator[Settings]:
    """Run PostgreSQL with schema and sample knowledge base, and the embedded broker."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        stack = LocalStack(Path(folder), find_free_port(), find_free_port())
        with open(os.devnull, "w") as silence:
            addresses = stack.start_servers(Progress(Console(file=silence)))
        try:
            settings = Settings(
                data_dir=Path(folder),
                database_url=SecretStr(""),
                kafka_bootstrap_servers="",
                kafka_home=None,
                enabled_channels="web_form",
                staff_api_keys=SecretStr("bench:a-key-for-one-run"),
                ticket_token_secret=SecretStr("a-secret-for-one-run"),
                openai_api_key=SecretStr(""),
                openai_base_url="",
            )
            yield prepare(local_settings(settings, addresses))
        finally:
            stack.stop()


@dataclass(slots=True)
class System:
    """A system started by `make run` on its own ports."""

    data_dir: Path
    port: int
    process: subprocess.Popen[bytes]
    ready_after_s: float = 0.0

    @property
    def base_url(self) -> str:
        """The public address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def staff(self) -> dict[str, str]:
        """Headers of a staff call."""
        return {"Authorization": f"Bearer {RunFile.read(self.data_dir).staff_key}"}

    @property
    def database_url(self) -> str:
        """The database's address."""
        return self.setting("DATABASE_URL")

    @property
    def broker(self) -> BrokerAddress:
        """The broker's address and credentials."""
        return read_settings(settings_file(self.data_dir)).broker

    def setting(self, name: str) -> str:
        """Return a setting that `make run` generated for its stages."""
        return dotenv_values(self.data_dir / "run" / "settings.env")[name] or ""

    def configure(self, stage: str, **values: object) -> None:
        """Deploy config.yaml with these values in one stage's user_config."""
        config = copy.deepcopy(
            with_port(yaml.safe_load(CONFIG.read_text()), "127.0.0.1", self.port)
        )
        applications: Any = config["applications"]
        [found] = [
            deployment
            for deployment in applications[0]["deployments"]
            if deployment["name"] == stage
        ]
        found["user_config"].update(values)
        submit(config, RunFile.read(self.data_dir).dashboard(self.data_dir))

    def cpu_seconds(self) -> dict[str, float]:
        """Return CPU seconds so far of each stage, "proxy", "postgres" and "other"."""
        used: dict[str, float] = defaultdict(float)
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                title, times = " ".join(process.cmdline()), process.cpu_times()
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            replica = _REPLICA.match(title)
            if replica is not None:
                name = replica[1]
            elif _PROXY.match(title):
                name = "proxy"
            else:
                name = "postgres" if "postgres" in title.split(" ")[0] else "other"
            used[name] += times.user + times.system
            if name == "postgres":
                # Of backends whose connections were closed.
                used[name] += times.children_user + times.children_system
        return used

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def replicas(self) -> int:
        """Count the running replicas of all stages."""
        count = 0
        for process in self._family():
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                count += _REPLICA.match(" ".join(process.cmdline())) is not None
        return count

    def memory_bytes(self) -> int:
        """Return the proportional set size of all processes, with shared pages counted once."""
        total = 0
        for process in self._family():
            try:
                total += process.memory_full_info().pss
            except psutil.NoSuchProcess:
                continue
        return total


@contextmanager
def running_system(**settings: str) -> Iterator[System]:
    """Run a system while the block runs; it is ready when the block begins."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data_dir, port = Path(folder), find_free_port()
        environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("RAY_")},
            "DATA_DIR": folder,
            "HTTP_PORT": str(port),
            "DASHBOARD_PORT": str(find_free_port([port])),
            "KAFKA_HOME": "",
            "FORMS_PER_MINUTE": "1000000",
            **settings,
        }
        started = time.monotonic()
        with (data_dir / "output.log").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "serve_app", "run"],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        system = System(data_dir, port, process)
        try:
            while not (data_dir / "running.json").exists():
                if process.poll() is not None or time.monotonic() - started > _READY_WITHIN_S:
                    raise RuntimeError((data_dir / "output.log").read_text()[-2000:])
                time.sleep(0.1)
            system.ready_after_s = time.monotonic() - started
            yield system
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=120)


@contextmanager
def serve_app_alone(
    application: Mapping[str, object],
    flags: Mapping[str, str] = SERVING_FLAGS,
    has_our_logging: bool = True,
) -> Iterator[str]:
    """Run a Serve application on its own Ray cluster, without the rest of the system; yield its address."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data_dir = Path(folder)
        ports = PortBook(data_dir / "ports.json")
        http_port, dashboard_port = ports.port("http"), ports.port("dashboard")
        cluster = RayCluster(
            data_dir,
            data_dir,
            data_dir,
            ports,
            dashboard_port,
            serving_flags=flags,
        )
        os.environ["PYTHONPATH"] = str(ROOT)
        cluster.daemon.start()
        try:
            config: dict[str, object] = {
                "proxy_location": "EveryNode",
                "http_options": {"host": "127.0.0.1", "port": http_port},
                "applications": [application],
            }
            if has_our_logging:
                config["logging_config"] = read_config(CONFIG)["logging_config"]
            deploy(config, Dashboard(f"http://127.0.0.1:{dashboard_port}", cluster.token))
            yield f"http://127.0.0.1:{http_port}"
        finally:
            cluster.daemon.stop()
