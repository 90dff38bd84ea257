"""Changes what Ray Serve offers no setting for; the only module that imports private parts of Ray."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ray._common.tls_utils import add_port_to_grpc_server
from ray.serve._private import replica as serve_replica


def bind_replica_port_to_loopback() -> None:
    """Make this replica open its gRPC port on 127.0.0.1 only. Idempotent; before the constructor ends.

    Serve opens a port in every replica for calls from other stages, on all addresses, and unpickles
    what arrives there. A cluster of several nodes needs that and guards it by Ray's token and a
    network policy; on one machine it would let the whole network in. Serve binds the port after the
    constructor of the deployment's class.
    """
    serve_replica.add_port_to_grpc_server = _add_loopback_port  # type: ignore[attr-defined]


def when_stopping(act: Callable[[], None]) -> None:
    """Call `act` on the running event loop as soon as Serve begins to stop this replica. To be called once.

    Serve tells a replica only after its open requests have ended, which streams don't before they are
    told: each redeployment would wait for `graceful_shutdown_timeout_s`.
    """
    loop = asyncio.get_running_loop()
    perform_graceful_shutdown = serve_replica.Replica.perform_graceful_shutdown

    async def act_first(replica: serve_replica.Replica) -> None:
        loop.call_soon_threadsafe(act)
        await perform_graceful_shutdown(replica)  # type: ignore[no-untyped-call]

    serve_replica.Replica.perform_graceful_shutdown = act_first  # type: ignore[method-assign]


def _add_loopback_port(server: object, address: str) -> int:
    """As Ray's own, with 127.0.0.1 in place of all addresses."""
    address = address.replace("[::]", "127.0.0.1")
    port: int = add_port_to_grpc_server(server, address)  # type: ignore[no-untyped-call]
    return port
