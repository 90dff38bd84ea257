"""Starts a Ray head node on this machine, isolated from any other Ray that runs here."""

from __future__ import annotations

import hashlib
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from deployments.settings import environment_without_secrets
from domain.errors import ConfigurationError
from serve_app.front.launch import SOURCE
from serve_app.local.daemon import Daemon, Launch
from serve_app.local.keys import RAY_TOKEN, local_key
from serve_app.local.old_logs import keep_ray_logs
from serve_app.local.pids import PidFile
from serve_app.local.ports import PortBook
from serve_app.shipped import ROOT

LOOPBACK = "127.0.0.1"

OBJECT_STORE_BYTES = 200 * 1024 * 1024
"""Stages exchange only a few kilobytes per message."""

PROXY_FLAGS = {
    # Until it knows its routes it answers 503 instead of 404.
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "deployments.proxy.middlewares",
    # No request gets through until a dead proxy is detected: check every second, not every ten.
    "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "1",
    # Uvicorn trusts X-Forwarded-For from the front only. By default it trusts every local caller.
    "FORWARDED_ALLOW_IPS": SOURCE,
}
"""How Serve's proxy behaves when it starts or dies, and whose X-Forwarded-For it trusts."""

ENVIRONMENT = {
    **PROXY_FLAGS,
    "RAY_USAGE_STATS_ENABLED": "0",
    # Dashboard, agents, GCS and workers refuse a caller without the token.
    "RAY_AUTH_MODE": "token",
    # Closes two ports that would tell anybody the autoscaler's and the dashboard's own metrics, which nothing reads.
    "AUTOSCALER_METRIC_PORT": "-1",
    "DASHBOARD_METRIC_PORT": "-1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DISABLE_DOCKER_CPU_WARNING": "1",
    "RAY_DEDUP_LOGS": "1",
    # Ray's default of 15 leaves no room below it; stages that may wait lower their own priority.
    "RAY_worker_niceness": "0",
    # Makes 127.0.0.1 the node's address on Linux too, so that no port is open to the network.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # It waits for other nodes to take over; here there are none.
    "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
}


SERVING_FLAGS = {
    # One event loop per replica instead of three threads: every stage is asynchronous.
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
    "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP": "0",
    # Calls between stages and from the proxy use gRPC, so small messages avoid the object store.
    "RAY_SERVE_USE_GRPC_BY_DEFAULT": "1",
    "RAY_SERVE_PROXY_USE_GRPC": "1",
    "RAY_SERVE_REPLICA_GRPC_MAX_MESSAGE_LENGTH": str(32 * 1024 * 1024),
    "RAY_SERVE_FREEZE_GC_ON_STARTUP": "1",
    # The default, ten times a second, takes a twelfth of a core.
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.25",
}
"""Flags for speed; benchmarks/serving_flags.py compares them with Ray's defaults."""


class RayCluster:
    """Runs `ray start --head --block`, which watches its processes and ends them when it ends."""

    def __init__(
        self,
        data_dir: Path,
        run_dir: Path,
        log_dir: Path,
        ports: PortBook,
        dashboard_port: int,
        serving_flags: Mapping[str, str] = SERVING_FLAGS,
        front_key_file: Path | None = None,
    ) -> None:
        self._ports = ports
        self._dashboard_port = dashboard_port
        self._temp_dir = _short_temp_dir(data_dir)
        self._log_dir = log_dir
        self.token = local_key(run_dir, RAY_TOKEN)
        """What Ray requires of every caller."""
        self._flags = {
            **ENVIRONMENT,
            **serving_flags,
            "RAY_AUTH_TOKEN_PATH": str((run_dir / RAY_TOKEN).resolve()),
        }
        if front_key_file is not None:
            self._flags["FRONT_KEY_FILE"] = str(front_key_file)
        self._gcs_port = ports.port("ray gcs")
        self.daemon = Daemon(
            name="Ray",
            launch=self._launch,
            is_ready=_serves(dashboard_port),
            log_path=log_dir / "ray.log",
            pid_file=PidFile(run_dir / "ray.pid"),
            grace=timedelta(seconds=20),
            start_timeout=timedelta(seconds=90),
        )

    @property
    def address(self) -> str:
        """HOST:PORT of the GCS."""
        return f"127.0.0.1:{self._gcs_port}"

    @property
    def env(self) -> dict[str, str]:
        """Variables by which a driver (`ray.init()`, `serve run`, `ray status`) finds this cluster."""
        return {
            **self._flags,
            "RAY_ADDRESS": self.address,
            "RAY_API_SERVER_ADDRESS": f"http://127.0.0.1:{self._dashboard_port}",
            "RAY_DASHBOARD_ADDRESS": f"http://127.0.0.1:{self._dashboard_port}",
        }

    def _launch(self) -> Launch:
        keep_ray_logs(self._temp_dir / "r", self._log_dir)
        _make_temp_dir(self._temp_dir)
        options = {
            "node-ip-address": "127.0.0.1",
            "port": self._gcs_port,
            "node-manager-port": self._ports.port("ray node manager"),
            "object-manager-port": self._ports.port("ray object manager"),
            "dashboard-agent-listen-port": self._ports.port("ray agent http"),
            "dashboard-agent-grpc-port": self._ports.port("ray agent grpc"),
            "runtime-env-agent-port": self._ports.port("ray runtime env agent"),
            "metrics-export-port": self._ports.port("ray metrics"),
            # 0 lets the system choose, so that two clusters do not hand out the same ports.
            "min-worker-port": 0,
            "max-worker-port": 0,
            "dashboard-host": "127.0.0.1",
            "dashboard-port": self._dashboard_port,
            "object-store-memory": OBJECT_STORE_BYTES,
            # Ray opens its own folder to every account, so it gets one inside ours.
            "temp-dir": self._temp_dir / "r",
            "log-style": "record",
            "log-color": "false",
        }
        command = [sys.executable, "-m", "serve_app.local.ray_head", "start", "--head", "--block"]
        command += [f"--{name}={value}" for name, value in options.items()]
        # The stages get their secrets from the graph, and the graph from SETTINGS_FILE.
        environment = environment_without_secrets()
        environment.pop("RAY_ADDRESS", None)
        return Launch(command, env={**environment, **self._flags, "PYTHONPATH": str(ROOT)})


def _make_temp_dir(folder: Path) -> None:
    """Make the folder afresh, closed to other accounts.

    Raises:
        ConfigurationError: It belongs to somebody else, who could read and replace what Ray puts there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError as error:
        raise ConfigurationError(
            f"{folder} belongs to another account and can't be used for Ray's files: remove it."
        ) from error


def _short_temp_dir(data_dir: Path) -> Path:
    """Return a folder for Ray's sockets, whose paths may have at most 107 bytes."""
    digest = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:8]
    return Path("/tmp") / f"ray-{digest}"  # noqa: S108


def _serves(port: int) -> Callable[[], bool]:
    def check() -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return check
