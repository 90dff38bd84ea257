"""Ray Serve as this project starts it against Ray's own defaults: the same app of two deployments."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load import Load, drive
from benchmarks.measuring import Bar, Result, ratio
from serve_app.deploy import deploy
from serve_app.local.ports import PortBook
from serve_app.local.ray_cluster import SERVING_FLAGS, RayCluster

ROOT = Path(__file__).parents[1]
ROUNDS = 2
CLIENTS = 64
APPLICATION: Mapping[str, object] = {
    "name": "echo",
    "route_prefix": "/",
    "import_path": "benchmarks.echo_app:app",
    "deployments": [
        {"name": "front", "num_replicas": 1, "max_ongoing_requests": 256},
        {"name": "echo", "num_replicas": 1, "max_ongoing_requests": 256},
    ],
}


def run() -> Result:
    many: dict[str, list[Load]] = {"defaults": [], "ours": []}
    alone: dict[str, list[Load]] = {"defaults": [], "ours": []}
    for _ in range(ROUNDS):
        for name, flags in (("defaults", {}), ("ours", SERVING_FLAGS)):
            with echo_app(flags) as url:
                many[name].append(drive(url, CLIENTS, 6, warm_up_s=2))
                alone[name].append(drive(url, 1, 3))
    throughput = {name: [load.per_second for load in loads] for name, loads in many.items()}
    p50 = {name: [load.p50 for load in loads] for name, loads in alone.items()}
    return Result(
        [
            Bar(
                "requests a second, 64 clients, ours / defaults",
                ratio(throughput["ours"], throughput["defaults"]),
                2.0,
            ),
            Bar(
                "p50 of one client, ours / defaults",
                ratio(p50["ours"], p50["defaults"]),
                1.0,
                "lower",
            ),
        ],
        {"requests_a_second": throughput, "p50_s_of_one_client": p50, "flags": dict(SERVING_FLAGS)},
    )


@contextmanager
def echo_app(flags: Mapping[str, str]) -> Iterator[str]:
    """A cluster of its own with these flags, and the address of the app on it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data_dir = Path(folder)
        ports = PortBook(data_dir / "ports.json")
        http_port, dashboard_port = ports.port("http"), ports.port("dashboard")
        cluster = RayCluster(
            data_dir, data_dir, data_dir, ports, dashboard_port, serving_flags=flags
        )
        os.environ["PYTHONPATH"] = str(ROOT)
        cluster.daemon.start()
        try:
            config = {
                "proxy_location": "EveryNode",
                "http_options": {"host": "127.0.0.1", "port": http_port},
                "logging_config": {"enable_access_log": False},
                "applications": [APPLICATION],
            }
            deploy(config, f"http://127.0.0.1:{dashboard_port}")
            yield f"http://127.0.0.1:{http_port}/echo?text=hello"
        finally:
            cluster.daemon.stop()
