"""What every replica does first: its log lines join Serve's, and its port stays on a machine that is alone.

And what those do that work off what was accepted: they leave the processor to those that accept.
"""

from __future__ import annotations

import ipaddress
import os
from contextlib import suppress

import psutil
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


WORKING_NICENESS = 10
"""Of nine parts of a contested core, the ingress and a replica that starts get about eight."""


def step_back() -> None:
    """To be called once a stage is ready that works off what was accepted. Idempotent.

    Where cores are short, a form or a webhook is accepted at once and its answer waits, and another
    replica starts although those that run are busy. Niceness is a thread's own on Linux; a new
    thread takes its creator's.
    """
    for thread in psutil.Process().threads():
        with suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, thread.id) >= WORKING_NICENESS:
                continue
            os.setpriority(os.PRIO_PROCESS, thread.id, WORKING_NICENESS)


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
