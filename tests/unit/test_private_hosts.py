"""Tests which addresses our own requests may reach."""

from __future__ import annotations

import pytest

from domain.private_hosts import PrivateHosts


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "::1", "fc00::1", "fe80::1%eth0", "::ffff:10.0.0.1", "64:ff9b::a00:1", "ff02::1", "::",
    ],
)  # fmt: skip
def test_a_private_address_is_refused_however_it_is_written(address: str) -> None:
    assert not PrivateHosts().permits("help.example", address)


def test_a_public_address_is_permitted() -> None:
    assert PrivateHosts().permits("help.example", "93.184.216.34")
    assert PrivateHosts().permits("help.example", "2606:2800:220:1:248:1893:25c8:1946")


def test_named_hosts_and_networks_are_permitted_and_no_others() -> None:
    allowed = PrivateHosts.parse("help.intern, 10.1.0.0/16,[::1]")
    assert allowed.permits("help.intern", "192.168.1.1")
    assert allowed.permits("HELP.intern", "192.168.1.1")
    assert allowed.permits("any.example", "10.1.2.3")
    assert allowed.permits("any.example", "::ffff:10.1.2.3")
    assert allowed.permits("any.example", "::1")
    assert not allowed.permits("any.example", "10.2.0.1")
    with pytest.raises(ValueError, match="neither"):
        PrivateHosts.parse("10.0.0.0/99")
