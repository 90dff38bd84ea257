"""Serves the list of what to check before going live."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from deployments.api.context import Admin, Context
from deployments.api.errors import STAFF_ERRORS

router = APIRouter(tags=["operations"])


class CheckedView(BaseModel):
    """One thing that was checked; each problem says what to do."""

    name: str
    is_well: bool
    seen: str
    problems: list[str]


class GoingLive(BaseModel):
    """Whether the system is ready for customers, and each thing that was checked."""

    is_ready: bool
    checks: list[CheckedView]


@router.get("/doctor", response_model=GoingLive, responses=STAFF_ERRORS)
async def doctor(context: Context, _caller: Admin) -> GoingLive:
    """Check everything that has to be right before going live.

    Asks the model for a few words, the channels at their providers, and the system itself at its public address;
    it takes up to 15 seconds. Stores nothing; renews Gmail's watch.
    """
    found = await context.doctor()
    return GoingLive(
        is_ready=all(checked.is_well for checked in found),
        checks=[CheckedView.model_validate(checked, from_attributes=True) for checked in found],
    )
