"""Exports metrics in Prometheus' format, under the names that Ray gives those of the stages."""

from __future__ import annotations

from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from deployments.metrics import METRICS, Meter

Collector = TypeVar("Collector", Counter, Gauge, Histogram)


class PrometheusMeter(Meter):
    """Keeps the metrics of a process outside of Ray; creates each when first used."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._collectors: dict[str, Counter | Gauge | Histogram] = {}

    @override
    def count(self, name: str, value: float = 1, /, **labels: str) -> None:
        counter = self._collector(Counter, name, labels)
        if value > 0:
            counter.inc(value)

    @override
    def observe(self, name: str, value: float, /, **labels: str) -> None:
        self._collector(Histogram, name, labels).observe(value)

    @override
    def set(self, name: str, value: float, /, **labels: str) -> None:
        self._collector(Gauge, name, labels).set(value)

    async def export(self, _request: Request) -> Response:
        """Answer a scrape."""
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_PLAIN_1_0_0)

    def _collector(self, kind: type[Collector], name: str, labels: dict[str, str]) -> Collector:
        metric = METRICS[name]
        made = self._collectors.get(name)
        if made is None:
            made = kind(f"ray_{name}", metric.description, metric.labels, registry=self._registry)
            self._collectors[name] = made
        if not isinstance(made, kind) or metric.kind != kind.__name__.lower():
            raise KeyError(f"{name} is a {metric.kind}")
        return made.labels(**labels) if metric.labels else made
