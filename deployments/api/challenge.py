"""Asks the sender of a form for a proof of work, where the company's profile switches it on.

The work is bound to one form: it hashes the challenge, the Idempotency-Key and the body. A solution that is sent
again therefore brings the same form again, which counts once, and nothing has to be stored about used ones.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import timedelta

from pydantic import SecretStr

from deployments.api.errors import ChallengeNeeded
from deployments.api.limits import RateLimit
from domain.company import FormRules
from domain.errors import Overloaded
from domain.stores import OpenUnitOfWork

_VALID_FOR = timedelta(minutes=5)
"""Shorter than `REPEATED_WITHIN`: until then a repeated form without a key counts once."""
_FRESH_S = 5.0
"""Seconds for which a former version of the profile may apply."""
_PURPOSE = b"challenge of the support form"
_LONGEST_NUMBER = 20


class Challenges:
    """Makes challenges and checks solutions by one secret, so that no challenge is stored."""

    def __init__(self, secret: SecretStr, clock: Callable[[], float] = time.time) -> None:
        self._secret = hmac.digest(secret.get_secret_value().encode(), _PURPOSE, "sha256")
        self._clock = clock

    def make(self, bits: int) -> str:
        """Return a challenge that is valid for five minutes."""
        expires_at = int(self._clock() + _VALID_FOR.total_seconds())
        return self._signed(f"{expires_at}.{bits}")

    def check(self, solution: str, bits: int, idempotency_key: str | None, body: bytes) -> None:
        """Check what a header holds.

        Args:
            solution: The header's value, `<challenge>:<n>`.
            bits: The least work that is taken, whatever the challenge asked for.
            idempotency_key: Of the request.
            body: Of the request.

        Raises:
            ValueError: It solves nothing; the message is for the caller.
        """
        challenge, _, number = solution.partition(":")
        claims = challenge.rpartition(".")[0]
        if not hmac.compare_digest(self._signed(claims).encode(), challenge.encode()):
            raise ValueError("The solved challenge is not one of ours.")
        # What we signed has this form.
        expires_at, asked = (int(part) for part in claims.split("."))
        if expires_at < self._clock():
            raise ValueError("The solved challenge is older than five minutes.")
        if asked < bits:
            raise ValueError("The solved challenge asked for less work than forms need now.")
        is_number = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
        if not is_number or zero_bits(work(challenge, idempotency_key, body, number)) < asked:
            raise ValueError("The solution does not solve its challenge for this form.")

    def _signed(self, claims: str) -> str:
        return f"{claims}.{hmac.digest(self._secret, claims.encode(), 'sha256').hex()}"


class FormChallenge:
    """Decides which forms need a solution, by the profile; one instance a replica."""

    def __init__(self, challenges: Challenges, open_uow: OpenUnitOfWork) -> None:
        self._challenges = challenges
        self._open_uow = open_uow
        self._without = RateLimit(1)
        """Forms of everybody that came without a solution."""
        self._rules: FormRules | None = None
        self._read_at = 0.0

    async def require(self, solution: str | None, idempotency_key: str | None, body: bytes) -> None:
        """Let a form pass that needs no solution or brings one.

        Raises:
            ChallengeNeeded: It needs one and brings none that is valid.
            StoreUnavailable: PostgreSQL is away.
        """
        rules = await self._current_rules()
        if rules.challenge == "never":
            return
        why = "This form needs a proof of work."
        if solution:
            try:
                self._challenges.check(solution, rules.challenge_bits, idempotency_key, body)
            except ValueError as error:
                why = str(error)
            else:
                return
        if rules.challenge == "busy":
            self._without.set_rate(rules.busy_above)
            try:
                self._without.take("")
            except Overloaded:
                pass  # Busy: this form needs a solution.
            else:
                return
        bits = rules.challenge_bits
        what = " Solve this challenge and send the same request again with its solution."
        raise ChallengeNeeded(why + what, self._challenges.make(bits), bits)

    async def _current_rules(self) -> FormRules:
        now = time.monotonic()
        if self._rules is None or now - self._read_at > _FRESH_S:
            self._read_at = now  # Before the read: meanwhile other forms go by the former rules.
            async with self._open_uow() as uow:
                self._rules = (await uow.company.current()).company.form
        return self._rules


def work(challenge: str, idempotency_key: str | None, body: bytes, number: str) -> bytes:
    """Return the digest whose leading zero bits count."""
    head = f"{challenge}\n{idempotency_key or ''}\n".encode()
    seed = hashlib.sha256(head + body).digest()
    return hashlib.sha256(seed + number.encode()).digest()


def zero_bits(digest: bytes) -> int:
    """Count the zero bits at the start."""
    return 8 * len(digest) - int.from_bytes(digest).bit_length()
