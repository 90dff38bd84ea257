"""Prepares a replica: its log lines join Serve's, and on a machine of its own its port stays there."""

from __future__ import annotations

import ipaddress

import ray

from deployments.logs import join_serve_logs
from deployments.ray_private import bind_replica_port_to_loopback


def initialise_replica(log_level: str | None = None) -> None:
    """To be called first in a stage's constructor. Idempotent.

    `log_level` None: as config.yaml says.
    """
    join_serve_logs(log_level)
    if not ray.is_initialized():
        return
    node: str = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
    if ipaddress.ip_address(node).is_loopback:
        bind_replica_port_to_loopback()
