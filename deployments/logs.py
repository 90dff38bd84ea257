"""Our modules' log lines go where Serve's own go: to the replica's log file, in the configured form."""

from __future__ import annotations

import logging

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
