"""The error tree. A class is a decision: try again, give up, refuse, or tell the caller.

Configuration errors stand outside the tree: nothing at run time may catch and survive them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta


class ConfigurationError(Exception):
    """The system must not start. The message lists everything that is missing or wrong."""


class SupportError(Exception):
    """Root of everything that can go wrong while a message is on its way."""


class Transient(SupportError):
    """May succeed when tried again; `retry_after` is the other side's own wish, if it told one."""

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Permanent(SupportError):
    """Will fail the same way every time: to the dead letters, not to the retry queue."""


class StoreUnavailable(Transient):
    """PostgreSQL can't be reached or is shutting down."""


class BrokerUnavailable(Transient):
    """Kafka can't be reached."""


class ModelUnavailable(Transient):
    """The language model timed out, refused or is over its limits."""


class ModelMisbehaved(Permanent):
    """The language model answered, but not with anything a customer may see."""


class ProviderUnavailable(Transient):
    """Gmail or Twilio certainly did not take the message (refused, rate limited, unreachable)."""


class SendUnsure(Transient):
    """The provider may or may not have taken the message: look it up, never repeat it on a guess.

    `is_answered` tells that the provider itself answered with a failure, so that our request has
    ended there. Without an answer nobody knows for how long the provider may still act.
    """

    def __init__(
        self, message: str, retry_after: timedelta | None = None, *, is_answered: bool = False
    ) -> None:
        super().__init__(message, retry_after)
        self.is_answered = is_answered


class ProviderRejected(Permanent):
    """The provider refused for good; `code` is the provider's own (63016, 21610, 400 …)."""

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
    """A known caller whose role does not allow this; the message names the role that does."""


class Malformed(Permanent):
    """Input that can't be read. `fields` names each bad field and says why."""

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class NotFound(SupportError):
    """No such thing, or none that the caller may see: the two look alike on purpose."""


class Conflict(SupportError):
    """Somebody else was first; `holder` is who, where the caller may know."""

    def __init__(self, message: str, holder: str | None = None) -> None:
        super().__init__(message)
        self.holder = holder


class StaleTurn(Conflict):
    """The turn was given to another replica, or a person took the conversation over."""


class AtCapacity(Transient):
    """As many are open at once as may be; come back after `retry_after`."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message, retry_after)


class Overloaded(Transient):
    """A bounded queue is full or a rate limit is reached; come back after `retry_after`."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message, retry_after)
