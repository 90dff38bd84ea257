"""Turns asyncpg's errors into the domain's: which mean "not now" and which are bugs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from domain.errors import StoreUnavailable

_NOT_NOW: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    # Shutdown, crash, start-up, idle time-outs and cancelled (timed-out) statements: class 57.
    asyncpg.OperatorInterventionError,
    # Too many connections, disk full, out of memory: class 53.
    asyncpg.InsufficientResourcesError,
    # Deadlock or serialisation failure: a repetition succeeds.
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # A failover left this connection on a standby.
    asyncpg.ReadOnlySQLTransactionError,
    # The server closed the connection between two statements.
    asyncpg.InternalClientError,
    # A migration changed a table of a prepared statement, which asyncpg has dropped meanwhile.
    asyncpg.InvalidCachedStatementError,
)
_GONE = (
    "connection is closed",
    "connection was closed",
    "released back to the pool",
    "pool is clos",
    "underlying connection",
)


_SICK: tuple[type[BaseException], ...] = (
    OSError,
    # The driver's own limit: the server did not even end the statement.
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,
)


def is_sick(error: StoreUnavailable, *, may_be_read_only: bool) -> bool:
    """Return whether connections opened before `error` are unlikely to work, unlike one that was only slow."""
    cause = error.__cause__
    if isinstance(cause, asyncpg.ReadOnlySQLTransactionError):
        return not may_be_read_only
    return isinstance(cause, _SICK)


@contextmanager
def domain_errors() -> Iterator[None]:
    """Raise StoreUnavailable for errors that a retry may solve; let others through without their DETAIL.

    PostgreSQL's DETAIL repeats the row with the customer's words, and errors are logged.
    """
    try:
        yield
    except _NOT_NOW as error:
        raise StoreUnavailable(f"PostgreSQL: {type(error).__name__}") from error
    except asyncpg.InterfaceError as error:
        # asyncpg uses this class for a lost connection and for wrong use; only the text differs.
        if any(words in str(error) for words in _GONE):
            raise StoreUnavailable("PostgreSQL: the connection was lost") from error
        raise
    except asyncpg.PostgresError as error:
        error.detail = None
        raise
