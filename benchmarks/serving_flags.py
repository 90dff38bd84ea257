"""Compares Ray Serve as this project starts it with Ray's defaults, on the same app of two deployments.

A third arm has only the flags, so that their effect can be told from the configuration's: concurrent calls in a replica
and no log line per request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from benchmarks.load import Load, drive
from benchmarks.measuring import Bar, Result, ratio
from benchmarks.servers import serve_app_alone
from serve_app.local.ray_cluster import SERVING_FLAGS

ROUNDS = 2
CLIENTS = 64
OURS = {"max_ongoing_requests": 256}
"""Ray's default is 5."""


def run() -> Result:
    """Run the benchmark."""
    arms: dict[str, tuple[Mapping[str, str], bool]] = {
        "defaults": ({}, False),
        "flags": (SERVING_FLAGS, False),
        "ours": (SERVING_FLAGS, True),
    }
    many: dict[str, list[Load]] = {name: [] for name in arms}
    alone: dict[str, list[Load]] = {name: [] for name in arms}
    for number in range(ROUNDS):
        for name in list(arms)[:: 1 if number % 2 == 0 else -1]:
            with echo_app(*arms[name]) as url:
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
        {
            "requests_a_second": throughput,
            "p50_s_of_one_client": p50,
            "flags": dict(SERVING_FLAGS),
            "flags_alone_over_defaults": ratio(throughput["flags"], throughput["defaults"]),
        },
    )


@contextmanager
def echo_app(flags: Mapping[str, str], has_our_config: bool = True) -> Iterator[str]:
    """Run the echo app on a cluster with these flags; yield its address."""
    own = OURS if has_our_config else {}
    application = {
        "name": "echo",
        "route_prefix": "/",
        "import_path": "benchmarks.echo_app:app",
        "deployments": [{"name": name, "num_replicas": 1, **own} for name in ("front", "echo")],
    }
    with serve_app_alone(application, flags, has_our_config) as url:
        yield f"{url}/echo?text=hello"
