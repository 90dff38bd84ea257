"""Defines the error tree, in which a class is a decision: retry, give up, refuse or tell the caller.

ConfigurationError is outside the tree, since nothing at run time may catch it and go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum


class ConfigurationError(Exception):
    """The system must not start; the message lists everything missing or wrong."""


class SupportError(Exception):
    """Base of all errors while a message is processed."""


class Transient(SupportError):
    """May succeed when repeated; `retry_after` is the delay that the other side asked for, if any."""

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Permanent(SupportError):
    """Fails whenever it is repeated: dead-letter it and don't retry."""


class StoreUnavailable(Transient):
    """PostgreSQL can't be reached or is shutting down."""


class BrokerUnavailable(Transient):
    """Kafka can't be reached."""


class ModelFailureCode(StrEnum):
    """Why a language model gave no draft that may be sent."""

    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    RATE_LIMITED = "rate_limited"
    QUOTA_USED_UP = "quota_used_up"
    """The account has no money left."""
    KEY_REFUSED = "key_refused"
    UNKNOWN_MODEL = "unknown_model"
    REQUEST_REFUSED = "request_refused"
    SERVER_FAILED = "server_failed"
    CIRCUIT_OPEN = "circuit_open"
    """It failed some times in a row and is not asked for a while."""
    OVER_BUDGET = "over_budget"
    """The company's budget of the day or the conversation is used up."""
    CONTENT_FILTERED = "content_filtered"
    CUT_BY_LENGTH = "cut_by_length"
    REFUSAL = "refusal"
    """The model declined to answer."""
    MALFORMED = "malformed"
    """No valid completion, or calls that can't be read."""
    NO_USABLE_END = "no_usable_end"
    """It ended without a reply that may be sent."""
    DRAFT_REFUSED = "draft_refused"
    """The checks refused what it wrote."""


class ModelUnavailable(Transient):
    """The language model timed out, refused or is over its limits.

    `said` are the server's own words, if it said any; they are for staff, never for customers.
    """

    def __init__(
        self,
        message: str,
        retry_after: timedelta | None = None,
        *,
        code: ModelFailureCode = ModelFailureCode.SERVER_FAILED,
        said: str = "",
    ) -> None:
        super().__init__(f"{message}: {said}" if said else message, retry_after)
        self.code = code
        self.said = said


class ModelMisbehaved(Permanent):
    """The language model's answer must not reach a customer."""

    def __init__(self, message: str, code: ModelFailureCode = ModelFailureCode.MALFORMED) -> None:
        super().__init__(message)
        self.code = code


class ProviderUnavailable(Transient):
    """Gmail or Twilio certainly did not accept the message (refused, rate limited, unreachable)."""


class Postponed(Transient):
    """Nothing was tried, so no attempt is counted: try again after `retry_after`."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message, retry_after)
        self.retry_after: timedelta = retry_after


class SendUnsure(Transient):
    """The provider may have accepted the message: look it up before it is sent again.

    `is_answered` means that the provider answered with a failure, so our request has ended there.
    Without an answer the provider may still act for an unknown time.
    """

    def __init__(
        self, message: str, retry_after: timedelta | None = None, *, is_answered: bool = False
    ) -> None:
        super().__init__(message, retry_after)
        self.is_answered = is_answered


class ProviderRejected(Permanent):
    """The provider refused permanently; `code` is the provider's (63016, 21610, 400 …)."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class NotAllowedNow(Permanent):
    """Nothing may be sent on this channel now (opt-out, closed window): park it and tell staff."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class NotAuthentic(SupportError):
    """A webhook's signature or token is missing or wrong."""


class NotPermitted(SupportError):
    """The caller's role does not permit this; the message names the role that does."""


class SessionOver(SupportError):
    """A session of the console that ended, was idle for too long or lost its account or key."""


class SignInRefusal(StrEnum):
    """Why somebody who came back from the identity provider is not signed in."""

    NO_ROLE = "no_role"
    WITHDRAWN = "withdrawn"
    DENIED = "denied"
    """The provider, or the person there, declined."""
    FAILED = "failed"
    """What came back is not what was asked for: stale, repeated or forged."""
    AWAY = "away"
    """The provider does not answer."""


class SignInRefused(SupportError):
    """Nobody is signed in; the message is for whoever tried."""

    def __init__(self, message: str, code: SignInRefusal) -> None:
        super().__init__(message)
        self.code = code


class Malformed(Permanent):
    """Input that can't be read. `fields` names each bad field and says why."""

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class InvalidProfile(Malformed):
    """A company profile that can't be taken."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        listed = "; ".join(f"{name}: {why}" if name else why for name, why in fields.items())
        super().__init__(f"the company profile is not valid: {listed}", fields)


class NotFound(SupportError):
    """It does not exist, or the caller may not see it: the two look the same on purpose."""


class Conflict(SupportError):
    """Somebody else was first; `holder` names them if the caller may know."""

    def __init__(self, message: str, holder: str | None = None) -> None:
        super().__init__(message)
        self.holder = holder


class TakesAnswers(Conflict):
    """A publication would leave `questions` without the article that answers them."""

    def __init__(self, message: str, questions: Sequence[str]) -> None:
        super().__init__(message)
        self.questions = tuple(questions)


class LeaseLost(Conflict):
    """Another process has taken the lease, so nothing more may be marked under it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"another process holds the lease {name!r} now")


class StaleTurn(Conflict):
    """Another replica runs the turn, or a person took over the conversation."""


class AtCapacity(Transient):
    """The maximum number is open; try again after `retry_after`."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message, retry_after)


class Overloaded(Transient):
    """A bounded queue is full or a rate limit is reached; try again after `retry_after`."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message, retry_after)
