"""What every replica does first: its log lines join Serve's, and its port stays on a machine that is alone."""

from __future__ import annotations

import ipaddress

import ray
from ray._common.tls_utils import add_port_to_grpc_server
from ray.serve._private import replica as serve_replica

from deployments.logs import join_serve_logs


def settle_in() -> None:
    """To be called in a stage's constructor. Idempotent."""
    join_serve_logs()
    if not ray.is_initialized():
        return
    node: str = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
    if ipaddress.ip_address(node).is_loopback:
        serve_replica.add_port_to_grpc_server = _add_loopback_port  # type: ignore[attr-defined]


def _add_loopback_port(server: object, address: str) -> int:
    """As Ray's own, but on 127.0.0.1.

    Serve opens a port in every replica for calls from other stages, on all addresses, and unpickles
    what arrives there. A cluster of several nodes needs that and guards it by Ray's token and a
    network policy; on one machine without either, it would let the whole network in. Serve has no
    setting for it, and binds only after the stage's constructor.
    """
    address = address.replace("[::]", "127.0.0.1")
    port: int = add_port_to_grpc_server(server, address)  # type: ignore[no-untyped-call]
    return port
