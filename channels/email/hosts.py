"""Tells which hosts are the company's own and which belong to everybody."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path


def _read(name: str) -> frozenset[str]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


PUBLIC_HOSTS = _read("public_hosts.txt")
"""Mail hosts where anybody may have an address, so that a shared host proves nothing."""
SHIPPED_RELAYS = _read("relays.txt")
"""Hosts of form services, shops and group mailers whose Reply-To is the customer."""


def host_of(address: str) -> str:
    """Return the host of an address or Message-ID, in lower case without brackets."""
    return address.rpartition("@")[2].strip(" <>").lower()


def own_hosts(own_addresses: Collection[str]) -> frozenset[str]:
    """Return the hosts of our addresses that are the company's alone."""
    return _own_hosts(frozenset(own_addresses))


@cache
def _own_hosts(own_addresses: frozenset[str]) -> frozenset[str]:
    return frozenset(map(host_of, own_addresses)) - PUBLIC_HOSTS - {""}


def is_within(address: str, hosts: Collection[str]) -> bool:
    """Return whether an address is at one of these hosts or below it."""
    if "@" not in address:
        return False
    labels = host_of(address).split(".")[-10:]
    return any(".".join(labels[start:]) in hosts for start in range(len(labels) - 1))


def is_same_host(first: str, second: str) -> bool:
    """Return whether two addresses are at one organisation's host, which is no public mail host."""
    hosts = {host_of(first), host_of(second)}
    if hosts & PUBLIC_HOSTS:
        return False
    shorter, longer = sorted(hosts, key=len) if len(hosts) == 2 else (*hosts, *hosts)
    return shorter == longer or longer.endswith(f".{shorter}")
