"""Carries the current W3C trace context through the running code."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A span's place in its trace; ids are lower-case hex (Trace Context, section 3.2.2)."""

    trace_id: str
    span_id: str

    @property
    def traceparent(self) -> str:
        """The header's value."""
        return f"00-{self.trace_id}-{self.span_id}-01"

    @classmethod
    def new(cls, trace_id: str | None = None) -> TraceContext:
        """Start a span, in a new trace unless `trace_id` is given."""
        return cls(trace_id or new_trace_id(), secrets.token_hex(8))

    @classmethod
    def parse(cls, traceparent: str | None) -> TraceContext | None:
        """Parse the header; None if it is missing or invalid, so that the receiver starts a new trace."""
        found = _TRACEPARENT.fullmatch(traceparent or "")
        return cls(found[1], found[2]) if found is not None else None


def new_trace_id() -> str:
    """Make a random trace id."""
    return secrets.token_hex(16)


_current: ContextVar[TraceContext | None] = ContextVar("trace", default=None)


def current_trace() -> TraceContext | None:
    """Return the current trace context, if any."""
    return _current.get()


def current_trace_id() -> str:
    """Return the current trace's id, or a new id outside of any trace."""
    trace = _current.get()
    return trace.trace_id if trace is not None else new_trace_id()


@contextmanager
def working_for(trace: TraceContext) -> Iterator[TraceContext]:
    """Make `trace` the current one in the block and in tasks that it starts."""
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)
