"""Decides which addresses of a network our own requests may reach, so that nobody reads internal servers through us."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv6 addresses that a network translates to the IPv4 address in their last 32 bits."""


@dataclass(frozen=True, slots=True)
class PrivateHosts:
    """The hosts and networks that may be reached although they are private."""

    names: frozenset[str] = frozenset()
    networks: tuple[_Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> PrivateHosts:
        """Read host names, addresses and networks (10.0.0.0/8), comma-separated. Raises ValueError."""
        names: set[str] = set()
        networks: list[_Network] = []
        for entry in filter(None, (part.strip().lower() for part in text.split(","))):
            try:
                networks.append(ipaddress.ip_network(entry.strip("[]")))
            except ValueError:
                if "/" in entry or not entry.replace("-", "").replace(".", "").isalnum():
                    raise ValueError(f"{entry} is neither a host nor a network") from None
                names.add(entry)
        return cls(frozenset(names), tuple(networks))

    def permits(self, host: str, address: str) -> bool:
        """Whether a request to `host` may connect to this address of it."""
        ip = _plain(ipaddress.ip_address(address.partition("%")[0]))
        if ip.is_global and not ip.is_multicast:
            return True
        return host.lower() in self.names or any(
            ip.version == network.version and ip in network for network in self.networks
        )


def _plain(ip: _Address) -> _Address:
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip in _TRANSLATED:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
