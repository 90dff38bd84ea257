"""Traces each message: makes a stage's spans and the ids passed on by HTTP, handles, Kafka and logs.

Ids are always made, so that log lines and rows can be joined; spans are exported only if an OTLP endpoint
is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.traces import TraceContext, current_trace, working_for

SERVICE = "customer-success"


class Tracing:
    """The spans of one stage."""

    def __init__(self, stage: str, exporter: SpanExporter | None = None) -> None:
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": f"{SERVICE}-{stage}"}),
            span_limits=SpanLimits(max_attribute_length=200),
        )
        if exporter is not None:
            self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(SERVICE)

    @contextmanager
    def span(
        self,
        name: str,
        parent: TraceContext | None = None,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        **attributes: str | int,
    ) -> Iterator[TraceContext]:
        """Run the block in a span: a child of `parent` or of the current span, or the root of a new trace.

        The span records only the type of an error, because its message may quote a customer.
        """
        above = parent or current_trace()
        context = None if above is None else set_span_in_context(NonRecordingSpan(_remote(above)))
        span = self._tracer.start_span(name, context, kind, attributes)
        ids = span.get_span_context()
        with working_for(TraceContext(f"{ids.trace_id:032x}", f"{ids.span_id:016x}")) as trace:
            try:
                yield trace
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise
            finally:
                span.end()

    def close(self) -> None:
        """Export the remaining spans. Blocks, so call it in a thread."""
        self._provider.shutdown()


def _remote(trace: TraceContext) -> SpanContext:
    return SpanContext(
        int(trace.trace_id, 16),
        int(trace.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )


def make_tracing(stage: str, otlp_endpoint: str) -> Tracing:
    """Make a stage's tracing; it exports by OTLP over HTTP to `otlp_endpoint`/v1/traces unless that is ""."""
    if not otlp_endpoint:
        return Tracing(stage)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return Tracing(stage, OTLPSpanExporter(f"{otlp_endpoint.rstrip('/')}/v1/traces"))


class TracedRequests:
    """ASGI middleware that runs each API call in a span, a child of the caller's `traceparent` if sent.

    The response names the trace in `traceresponse`, a header of W3C's Trace Context Level 2 drafts.
    """

    def __init__(self, app: ASGIApp, tracing: Tracing, prefix: str) -> None:
        self._app = app
        self._tracing = tracing
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(self._prefix) or "/health" in path:
            await self._app(scope, receive, send)
            return
        parent = TraceContext.parse(Headers(scope=scope).get("traceparent"))
        name = f"{scope['method']} {self._prefix}"
        with self._tracing.span(name, parent, kind=SpanKind.SERVER) as trace:

            async def send_with_trace(message: Message) -> None:
                if message["type"] == "http.response.start":
                    MutableHeaders(scope=message)["traceresponse"] = trace.traceparent
                await send(message)

            await self._app(scope, receive, send_with_trace)
