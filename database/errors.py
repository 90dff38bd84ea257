"""The edge between asyncpg and the domain: which driver errors mean "not now" and which are ours."""

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
    # The other transaction of a deadlock or a serialisation failure won: the same again succeeds.
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # A failover left this connection on a standby.
    asyncpg.ReadOnlySQLTransactionError,
    # What asyncpg says of a connection whose server bade farewell in between two statements.
    asyncpg.InternalClientError,
    # A migration changed a table under a prepared statement; asyncpg has dropped it by now.
    asyncpg.InvalidCachedStatementError,
)
_GONE = (
    "connection is closed",
    "connection was closed",
    "released back to the pool",
    "pool is clos",
    "underlying connection",
)


@contextmanager
def domain_errors() -> Iterator[None]:
    """Raise StoreUnavailable for whatever may succeed when tried again; the rest surfaces.

    What surfaces ends in a log: PostgreSQL's DETAIL, which repeats the row with the customer's words,
    is taken off.
    """
    try:
        yield
    except _NOT_NOW as error:
        raise StoreUnavailable(f"PostgreSQL: {type(error).__name__}") from error
    except asyncpg.InterfaceError as error:
        # asyncpg has one class for a lost connection and for wrong use: only its words tell.
        if any(words in str(error) for words in _GONE):
            raise StoreUnavailable("PostgreSQL: the connection was lost") from error
        raise
    except asyncpg.PostgresError as error:
        error.detail = None
        raise
