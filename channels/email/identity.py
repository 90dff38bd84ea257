"""Describes whose mailbox a mail came into."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailboxIdentity:
    """Who we are in a mailbox and whom we trust there.

    `own_addresses` are lower case. `authserv_id` names the server whose topmost Authentication-Results
    count (RFC 8601). `relays` are the hosts and addresses, in lower case, whose Reply-To is the customer,
    beside the shipped ones. `checks_dkim` has us check signatures where that server states nothing, with
    keys from `nameservers` (the system's if empty).
    """

    own_addresses: frozenset[str]
    authserv_id: str
    relays: frozenset[str] = frozenset()
    checks_dkim: bool = False
    nameservers: tuple[str, ...] = ()
