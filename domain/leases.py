"""Defines a lease: the right to do what only one process may do, for a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as its holder got it. `token` rises with every holder, so an earlier one is told apart."""

    name: str
    token: int


RELAY = "relay"
"""Held by the relay that publishes the outbox and runs the background jobs."""
