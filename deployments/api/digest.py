"""Serves the daily digest to staff."""

from __future__ import annotations

import datetime as dt

from fastapi import APIRouter

from deployments.api.context import Context, Viewer
from deployments.api.errors import STAFF_ERRORS, FieldErrorBody
from deployments.api.knowledge_schemas import Digest
from domain.errors import Malformed
from pipeline.digest import read_digest

router = APIRouter(tags=["operations"])


@router.get(
    "/digest/daily",
    response_model=Digest,
    responses={
        400: {"model": FieldErrorBody},
        **STAFF_ERRORS,
    },
)
async def daily_digest(context: Context, _caller: Viewer, date: dt.date | None = None) -> Digest:
    """Report a day (UTC): issues, sentiment, resolutions, response times, hand-overs and gaps.

    Without a date, today so far.
    """
    now = dt.datetime.now(dt.UTC)
    day = date or now.date()
    if day > now.date():
        raise Malformed("the day is in the future", {"date": "must not be in the future"})
    negative_below = context.agent_config().sentiment_escalate_below
    body = await read_digest(context.open_uow, context.curation.embedder, day, now, negative_below)
    return Digest.model_validate(body)
