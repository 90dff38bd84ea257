"""Our modules' log lines go where Serve's own go, in the configured form, with the ids of their trace."""

from __future__ import annotations

import logging
from collections.abc import Callable

from domain.traces import current_trace

_PACKAGES = (
    "agent",
    "channels",
    "database",
    "deployments",
    "domain",
    "embeddings",
    "messaging",
    "pipeline",
    "sentiment",
)


def join_serve_logs() -> None:
    """Idempotent. Third parties' loggers stay at warnings on stderr: some name customers."""
    serve = logging.getLogger("ray.serve")
    for package in _PACKAGES:
        logger = logging.getLogger(package)
        logger.parent = serve
        logger.setLevel(serve.level or logging.INFO)
    # It logs an error ten times a second while a broker is away; our own lines say so once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    add_trace_ids()


def add_trace_ids() -> None:
    """Every record of the process made within a span carries `trace_id` and `span_id`. Idempotent.

    By the factory and not a filter: filters see no records of child loggers.
    """
    make = logging.getLogRecordFactory()
    if isinstance(make, _TracedRecords):
        return
    logging.setLogRecordFactory(_TracedRecords(make))


class _TracedRecords:
    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *arguments: object, **named: object) -> logging.LogRecord:
        record = self._make(*arguments, **named)
        trace = current_trace()
        if trace is not None:
            record.trace_id = trace.trace_id
            record.span_id = trace.span_id
        return record
