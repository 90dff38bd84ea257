"""Limits guessing at secrets: staff keys and tickets' tokens, over HTTP and MCP alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from deployments.api.limits import RateLimit
from domain.errors import Overloaded

STAFF = "staff"
"""The target of a guess at a staff key; that of a guess at a token is the ticket's number."""
_UNDER_ATTACK = 3


class GuessLimit:
    """Counts wrong secrets a minute by address and by target; one instance a process.

    An address that has used up its wrong tries is refused before anything is compared, or it would still
    learn which secret is right. A target that gets many wrong tries, from however many addresses, is under
    attack: until it is not, an address has `_UNDER_ATTACK` wrong tries there. So a right secret from
    an address without wrong ones is never refused, whoever attacks the target.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._by_address = RateLimit(per_minute, clock=clock)
        self._by_target = RateLimit(per_minute, clock=clock)
        self._by_both = RateLimit(_UNDER_ATTACK, clock=clock)

    def set_rate(self, per_minute: int) -> None:
        """Change the rate, from the next try on."""
        self._by_address.set_rate(per_minute)
        self._by_target.set_rate(per_minute)

    def check(self, address: str, target: str) -> None:
        """Call before a secret is compared.

        Raises:
            Overloaded: The address has tried too many wrong ones.
        """
        self._by_address.check(address)
        try:
            self._by_target.check(target)
        except Overloaded:
            self._by_both.check(f"{address} {target}")

    def note_wrong(self, address: str, target: str) -> None:
        """Call after a wrong secret was compared."""
        for limit, key in (
            (self._by_address, address),
            (self._by_target, target),
            (self._by_both, f"{address} {target}"),
        ):
            with suppress(Overloaded):
                limit.take(key)
