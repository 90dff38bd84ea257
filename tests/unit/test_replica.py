"""Checks that what Ray has no setting for still works with the Ray that is installed."""

from __future__ import annotations

import subprocess
import sys

_BINDS = """
import asyncio, os, grpc, psutil
from ray.serve._private import replica
from deployments.ray_private import bind_replica_port_to_loopback

bind_replica_port_to_loopback()
bind_replica_port_to_loopback()

async def main():
    server = grpc.aio.server()
    replica.add_port_to_grpc_server(server, "[::]:0")
    await server.start()
    print({c.laddr.ip.removeprefix("::ffff:") for c in psutil.Process().net_connections() if c.status == "LISTEN"})
    await server.stop(0)

asyncio.run(main())
"""


def test_a_replicas_port_is_open_to_this_machine_alone() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", _BINDS], capture_output=True, text=True, check=True
    ).stdout
    assert seen.strip() == "{'127.0.0.1'}"


_STOPS = """
import asyncio, inspect
from deployments.ray_private import when_stopping
from ray.serve._private import replica as serve_replica

told = []

class Draining:
    _graceful_shutdown_task = None
    _event_loop = property(lambda self: asyncio.get_running_loop())

    async def _perform_graceful_shutdown(self):
        await asyncio.sleep(0.05)
        told.append("drained")

async def main():
    when_stopping(lambda: told.append("told"))
    # As Serve's actor calls it.
    assert "self._replica_impl.perform_graceful_shutdown()" in inspect.getsource(
        serve_replica.ReplicaActor.perform_graceful_shutdown)
    await serve_replica.Replica.perform_graceful_shutdown(Draining())
    print(*told)

asyncio.run(main())
"""


def test_a_replica_is_told_that_it_stops_before_serve_waits_for_its_open_requests() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _STOPS], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["told", "drained"]


_STARTS = """
import inspect
from ray._private import parameter
from ray.scripts import scripts
from deployments.ray_private import start_ray_without_client_server

scripts.main = lambda: print(
    scripts.get_ray_client_dependency_error() is None, parameter.get_ray_client_dependency_error() is None
)
# As `ray start` decides whether there is a server of Ray Client.
source = inspect.getsource(scripts.start.callback)
assert "has_ray_client = get_ray_client_dependency_error() is None" in source
assert "if has_ray_client and ray_client_server_port is None" in source
start_ray_without_client_server()
"""


def test_ray_is_started_without_the_server_of_ray_client() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", _STARTS], capture_output=True, text=True, check=True
    ).stdout
    assert seen.strip() == "False False"
