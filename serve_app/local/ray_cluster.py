"""A Ray head node of our own on this machine, apart from every other Ray that runs here."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from serve_app.front.launch import SOURCE
from serve_app.local.daemon import Daemon, Launch
from serve_app.local.pids import PidFile
from serve_app.local.ports import PortBook

LOOPBACK = "127.0.0.1"

OBJECT_STORE_BYTES = 200 * 1024 * 1024
"""What travels between the stages is a few kilobytes a message."""

PROXY_FLAGS = {
    # Before it knows a route it asks to try again.
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "deployments.proxy.middlewares",
    # Nobody gets through until a proxy that died is missed: looked for every second, not every ten.
    "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "1",
    # Uvicorn's: only the front names the caller. By default every caller on this machine could.
    "FORWARDED_ALLOW_IPS": SOURCE,
}
"""What customers meet when Serve's proxy starts or dies, and whom it believes."""

ENVIRONMENT = {
    **PROXY_FLAGS,
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DISABLE_DOCKER_CPU_WARNING": "1",
    "RAY_DEDUP_LOGS": "1",
    # Ray's own default, 15, leaves no room: stages that may wait take a lower priority themselves.
    "RAY_worker_niceness": "0",
    # Makes 127.0.0.1 the node's address on Linux too, so that no port is open to the network.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # Waits for other nodes to take over, of which there are none.
    "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
}
"""Authentication is off on purpose: every port listens on the loopback address, where a token in
the user's home would add nothing, and the dashboard stays a plain link. A cluster that others can
reach is KubeRay's, which sets its own."""


SERVING_FLAGS = {
    # One event loop a replica instead of three threads: every stage is asynchronous throughout.
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
    "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP": "0",
    # Calls between stages and from the proxy go by gRPC: no object store on the way of small messages.
    "RAY_SERVE_USE_GRPC_BY_DEFAULT": "1",
    "RAY_SERVE_PROXY_USE_GRPC": "1",
    "RAY_SERVE_REPLICA_GRPC_MAX_MESSAGE_LENGTH": str(32 * 1024 * 1024),
    "RAY_SERVE_FREEZE_GC_ON_STARTUP": "1",
    # Seven stages need no look ten times a second, which takes a twelfth of a core.
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.25",
}
"""What makes Ray Serve fast; benchmarks/serving_flags.py measures them against Ray's defaults."""


class RayCluster:
    """`ray start --head --block`: it watches its own processes and takes them along when it ends."""

    def __init__(
        self,
        data_dir: Path,
        run_dir: Path,
        log_dir: Path,
        ports: PortBook,
        dashboard_port: int,
        serving_flags: Mapping[str, str] = SERVING_FLAGS,
    ) -> None:
        self._ports = ports
        self._dashboard_port = dashboard_port
        self._temp_dir = _short_temp_dir(data_dir)
        self._flags = {**ENVIRONMENT, **serving_flags}
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
        return f"127.0.0.1:{self._gcs_port}"

    @property
    def env(self) -> dict[str, str]:
        """What a driver (`ray.init()`, `serve run`, `ray status`) needs to find this cluster."""
        return {
            **self._flags,
            "RAY_ADDRESS": self.address,
            "RAY_API_SERVER_ADDRESS": f"http://127.0.0.1:{self._dashboard_port}",
            "RAY_DASHBOARD_ADDRESS": f"http://127.0.0.1:{self._dashboard_port}",
        }

    def _launch(self) -> Launch:
        shutil.rmtree(self._temp_dir, ignore_errors=True)
        options = {
            "node-ip-address": "127.0.0.1",
            "port": self._gcs_port,
            "node-manager-port": self._ports.port("ray node manager"),
            "object-manager-port": self._ports.port("ray object manager"),
            "dashboard-agent-listen-port": self._ports.port("ray agent http"),
            "dashboard-agent-grpc-port": self._ports.port("ray agent grpc"),
            "runtime-env-agent-port": self._ports.port("ray runtime env agent"),
            "ray-client-server-port": self._ports.port("ray client"),
            "metrics-export-port": self._ports.port("ray metrics"),
            # 0 lets the system choose, so that two clusters do not hand out the same ports.
            "min-worker-port": 0,
            "max-worker-port": 0,
            "dashboard-host": "127.0.0.1",
            "dashboard-port": self._dashboard_port,
            "object-store-memory": OBJECT_STORE_BYTES,
            "temp-dir": self._temp_dir,
            "log-style": "record",
            "log-color": "false",
        }
        command = [str(Path(sys.executable).parent / "ray"), "start", "--head", "--block"]
        command += [f"--{name}={value}" for name, value in options.items()]
        environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
        return Launch(command, env={**environment, **self._flags})


def _short_temp_dir(data_dir: Path) -> Path:
    """Ray's sockets lie there, and a socket's path may have 107 bytes at most."""
    digest = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:8]
    return Path("/tmp") / f"ray-{digest}"  # noqa: S108


def _serves(port: int) -> Callable[[], bool]:
    def check() -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return check
