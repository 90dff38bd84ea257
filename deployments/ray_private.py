"""Changes what Ray and Serve offer no setting for; the only module that imports private parts of Ray.

Each function imports what it changes: Serve's replica takes a second to import, for which `ray start` need not wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ray.serve._private.replica import Replica


def start_ray_without_client_server() -> None:
    """Run `ray start` with this process's arguments, but without the server of Ray Client.

    That server runs a caller's code on the cluster, and nothing here uses it. `ray start` has no option to leave it
    out and starts it wherever the client's packages are installed.
    """
    from ray._private import parameter
    from ray.scripts import scripts

    parameter.get_ray_client_dependency_error = _report_missing_client  # type: ignore[attr-defined]
    scripts.get_ray_client_dependency_error = _report_missing_client  # type: ignore[attr-defined]
    scripts.main()  # type: ignore[no-untyped-call]


def bind_replica_port_to_loopback() -> None:
    """Make this replica open its gRPC port on 127.0.0.1 only. Idempotent; before the constructor ends.

    Serve opens a port in every replica for calls from other stages, on all addresses, and unpickles
    what arrives there from a caller with Ray's token. A cluster of several nodes needs that; on one machine it
    would only let the network try. Serve binds the port after the constructor of the deployment's class.
    """
    from ray.serve._private import replica as serve_replica

    serve_replica.add_port_to_grpc_server = _add_loopback_port  # type: ignore[attr-defined]


def when_stopping(act: Callable[[], None]) -> None:
    """Call `act` on the running event loop as soon as Serve begins to stop this replica. To be called once.

    Serve tells a replica only after its open requests have ended, which streams don't before they are
    told: each redeployment would wait for `graceful_shutdown_timeout_s`.
    """
    from ray.serve._private import replica as serve_replica

    loop = asyncio.get_running_loop()
    perform_graceful_shutdown = serve_replica.Replica.perform_graceful_shutdown

    async def act_first(replica: Replica) -> None:
        loop.call_soon_threadsafe(act)
        await perform_graceful_shutdown(replica)  # type: ignore[no-untyped-call]

    serve_replica.Replica.perform_graceful_shutdown = act_first  # type: ignore[method-assign]


def _report_missing_client() -> ImportError:
    return ImportError("Ray Client is off")


def _add_loopback_port(server: object, address: str) -> int:
    """As Ray's own, with 127.0.0.1 in place of all addresses."""
    from ray._common.tls_utils import add_port_to_grpc_server

    address = address.replace("[::]", "127.0.0.1")
    port: int = add_port_to_grpc_server(server, address)  # type: ignore[no-untyped-call]
    return port
