"""What every replica does first: its log lines join Serve's, its garbage is looked for less often, what it freed
goes back to the system, and its port stays on a machine that is alone.

And what those do that work off what was accepted: they leave the processor to those that accept.
"""

from __future__ import annotations

import gc
import ipaddress
import os
from contextlib import suppress

import psutil
import ray
from ray._common.tls_utils import add_port_to_grpc_server
from ray.serve._private import replica as serve_replica

from deployments.freed_memory import keep_giving_back
from deployments.logs import join_serve_logs
from deployments.short_turns import take_short_turns


def settle_in() -> None:
    """To be called in a stage's constructor, once."""
    join_serve_logs()
    collect_rarely()
    if not ray.is_initialized():
        return
    keep_giving_back()
    node: str = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
    if ipaddress.ip_address(node).is_loopback:
        serve_replica.add_port_to_grpc_server = _add_loopback_port  # type: ignore[attr-defined]


COLLECT_AFTER = 50_000
"""New objects. With a hundred messages under way, Python's own 700 has it look through all of theirs many
times a second, for cycles that next to nothing here makes."""


def collect_rarely() -> None:
    """Idempotent. What a replica holds once it has started, Serve takes out of the search altogether."""
    gc.set_threshold(COLLECT_AFTER)


STARTING_NICENESS = 5
WORKING_NICENESS = 10
"""Each five steps leave about a third: what accepts goes first, then what starts, then what works."""


def step_back(niceness: int = WORKING_NICENESS) -> None:
    """To be called by a stage that works off what was accepted: as it begins to start with STARTING_NICENESS,
    once it is ready without. Idempotent.

    Where cores are short, a form or a webhook is accepted at once and its answer waits, and another
    replica starts although those that run are busy. Both is a thread's own on Linux; a new thread takes
    its creator's.
    """
    for thread in psutil.Process().threads():
        with suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, thread.id) >= niceness:
                continue
            os.setpriority(os.PRIO_PROCESS, thread.id, niceness)
            take_short_turns(thread.id, niceness)


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
