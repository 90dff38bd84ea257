"""Prepares a replica: its log lines join Serve's, and on a machine of its own its port stays there."""

from __future__ import annotations

import ipaddress
import os

import ray

from deployments.logs import join_serve_logs
from deployments.ray_private import bind_replica_port_to_loopback

_NICENESS = 10
"""A tenth of the processor's time that a stage with callers gets, where both want more than there is."""


def initialise_replica(log_level: str | None = None, *, has_callers: bool = False) -> None:
    """To be called first in a stage's constructor. Idempotent.

    Args:
        log_level: None: as config.yaml says.
        has_callers: Whether people wait for this replica's answers. On a machine of its own, where all stages share
            the cores, the others stand back: an answer may come later, a form or a probe may not.
    """
    join_serve_logs(log_level)
    if not ray.is_initialized():
        return
    node: str = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
    if ipaddress.ip_address(node).is_loopback:
        bind_replica_port_to_loopback()
        if not has_callers:
            os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
