"""Serves health, probes, figures by channel and current alerts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from deployments.alarms import all_alerts
from deployments.api.context import ApiContext, Context, Viewer
from deployments.api.errors import STAFF_ERRORS, ErrorBody, FieldErrorBody, Unauthorized
from deployments.api.operations_schemas import (
    Alerts,
    AlertView,
    ChannelFigures,
    ChannelReport,
    ComponentDetail,
    Health,
    Probe,
    Totals,
)
from domain.errors import StoreUnavailable

router = APIRouter(tags=["operations"])

PROBES = ("/health", "/health/live", "/health/ready")
"""Paths that are answered from memory under any load."""

_PERIODS = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}


@router.get(
    "/health",
    response_model=Health,
    responses={401: {"model": ErrorBody}, 429: {"model": ErrorBody}, 503: {"model": Health}},
)
async def health(context: Context, request: Request) -> JSONResponse:
    """Report the state of every component; 503 only if no message can be accepted.

    Staff also learn since when, and what last went wrong.
    """
    board = context.health
    details = None
    if await _is_staff(context, request):
        details = {
            name: ComponentDetail.model_validate(detail, from_attributes=True)
            for name, detail in board.details.items()
        }
    body = Health(
        status=board.status,
        components=board.components,
        version=context.version,
        timestamp=board.checked_at,
        details=details,
    )
    status = 503 if board.status == "unhealthy" else 200
    left_out = {"details"} if details is None else None
    return JSONResponse(body.model_dump(mode="json", exclude=left_out), status)


async def _is_staff(context: ApiContext, request: Request) -> bool:
    """A wrong key is refused. Without the database nobody can be told apart, and health still answers."""
    try:
        is_staff = await context.gate.is_staff(request)
    except StoreUnavailable:
        return False
    if "authorization" in request.headers and not is_staff:
        raise Unauthorized("no valid staff key")
    return is_staff


@router.get("/health/live", response_model=Probe)
async def live() -> Probe:
    """Tell that the process is alive."""
    return Probe(status="ok")


@router.get("/health/ready", response_model=Probe, responses={503: {"model": Probe}})
async def ready(context: Context) -> JSONResponse:
    """Tell whether messages can be accepted."""
    if context.health.is_ready:
        return JSONResponse(Probe(status="ok").model_dump())
    return JSONResponse(Probe(status="not_ready").model_dump(), 503, {"Retry-After": "5"})


@router.get(
    "/metrics/channels",
    response_model=ChannelReport,
    responses={
        400: {"model": FieldErrorBody},
        **STAFF_ERRORS,
    },
)
async def channel_metrics(
    context: Context, _caller: Viewer, period: Literal["1h", "24h", "7d", "30d"] = "24h"
) -> ChannelReport:
    """Report figures of all three channels over the period."""
    since = datetime.now(UTC) - _PERIODS[period]
    negative_below = context.agent_config().sentiment_escalate_below
    async with context.open_uow() as uow:
        rows = await uow.metrics.by_channel(since)
        negative = await uow.metrics.negative(since, negative_below)
    conversations = sum(figures.conversations for figures in rows)
    escalations = sum(figures.escalations for figures in rows)
    by_reason: Counter[str] = Counter()
    for figures in rows:
        by_reason.update(figures.escalations_by_reason)
    return ChannelReport(
        period=period,
        channels=[
            ChannelFigures(
                channel=figures.channel,
                conversations=figures.conversations,
                messages=figures.messages,
                avg_sentiment=figures.avg_sentiment,
                negative=negative.get(figures.channel, 0),
                escalations=figures.escalations,
                escalation_rate=figures.escalation_rate,
                avg_latency_ms=figures.avg_latency_ms,
                p95_latency_ms=figures.p95_latency_ms,
                escalations_by_reason=dict(figures.escalations_by_reason),
            )
            for figures in rows
        ],
        totals=Totals(
            conversations=conversations,
            messages=sum(figures.messages for figures in rows),
            negative=sum(negative.values()),
            escalations=escalations,
            escalation_rate=escalations / conversations if conversations else 0.0,
            escalations_by_reason=by_reason,
        ),
        negative_below=negative_below,
        escalations_by_reason=by_reason,
    )


@router.get(
    "/alerts",
    response_model=Alerts,
    responses=STAFF_ERRORS,
)
async def alerts(context: Context, _caller: Viewer) -> Alerts:
    """List what exceeds its threshold now, and each component that fails.

    The thresholds are the ingress's `alerts` in config.yaml. Prometheus has the same alerts as `fte_alerts`.
    """
    found = await all_alerts(context.open_uow, context.health, context.alerting, datetime.now(UTC))
    return Alerts(alerts=[AlertView.model_validate(alert, from_attributes=True) for alert in found])
