"""Routes our log lines to Serve's log or to stderr, at LOG_LEVEL, with trace ids."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from domain.traces import current_trace

_PACKAGES = (
    "agent",
    "channels",
    "database",
    "deployments",
    "domain",
    "embeddings",
    "mcp_server",
    "messaging",
    "pipeline",
    "sentiment",
    "serve_app",
)


def join_serve_logs(level: str | None = None) -> None:
    """Write our lines of a replica through Serve's logger, both at `level`.

    Idempotent. Third-party loggers stay at WARNING on stderr, because some log customer data.

    Args:
        level: As LOG_LEVEL names it; None keeps the level of `logging_config` in config.yaml.
    """
    serve = logging.getLogger("ray.serve")
    if level is not None:
        serve.setLevel(level)
    for package in _PACKAGES:
        logger = logging.getLogger(package)
        logger.parent = serve
        logger.setLevel(serve.level or logging.INFO)
    # While a broker is away, it logs an error ten times a second; our own code logs it once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    add_trace_ids()


def log_to_stderr(level: str | None = None) -> None:
    """Write a command's log lines to stderr: ours at `level` (None: WARNING), others' from warnings on."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    for package in _PACKAGES:
        logging.getLogger(package).setLevel(level or logging.WARNING)
    # It warns at each connection that SASL without TLS shows the password, also on the loopback interface.
    logging.getLogger("aiokafka.conn").setLevel(logging.ERROR)


def add_trace_ids() -> None:
    """Add `trace_id` and `span_id` to every log record made within a span. Idempotent.

    Uses the record factory, because a logger's filters don't see records of its child loggers.
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
