"""What Ray has no setting for still works with the Ray that is installed."""

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
