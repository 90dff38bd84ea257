"""Keeps tests off the network: unit tests open no socket, all others reach nothing but this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

import channels.registry  # noqa: F401 - registers the channels that every test may name

if "PYTEST_XDIST_WORKER" in os.environ:
    # Read by torch at its import. With a thread per core in every worker, OpenMP's threads spin while they wait
    # for each other, and on a busy machine the models take minutes.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

UNIT = Path(__file__).parent / "unit"
INTEGRATION = Path(__file__).parent / "integration"
LOOPBACK = ["127.0.0.0/8", "::1", "localhost"]


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark what a test may reach and which worker runs it.

    A unit test that is about ports says so with `enable_socket`, and reaches loopback alone. One worker starts
    Apache Kafka's Java.
    """
    for item in items:
        if INTEGRATION in item.path.parents and "[apache" in item.name:
            item.add_marker(pytest.mark.xdist_group("apache"))
        needs_sockets = item.get_closest_marker("enable_socket") is not None
        if UNIT in item.path.parents and not needs_sockets:
            item.add_marker(pytest.mark.disable_socket)
        elif item.get_closest_marker("allow_hosts") is None:
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))
