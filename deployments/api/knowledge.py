"""Lets staff review learned articles, and shows gaps and embedding models."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from deployments.api.bodies import Done
from deployments.api.context import Context, Editor, Viewer
from deployments.api.errors import STAFF_ERRORS, ConflictBody, ErrorBody, FieldErrorBody
from deployments.api.knowledge_schemas import (
    Approval,
    Approved,
    Candidates,
    CandidateView,
    EvaluationView,
    Gaps,
    GapView,
    Models,
    ModelView,
    Rejection,
)
from domain.knowledge import Candidate, CandidateState
from pipeline.learning.gaps import find_gaps

router = APIRouter(
    prefix="/knowledge",
    tags=["knowledge"],
    responses={
        400: {"model": FieldErrorBody},
        **STAFF_ERRORS,
        404: {"model": ErrorBody},
        409: {"model": ConflictBody},
    },
)


@router.get("/candidates", response_model=Candidates)
async def read_candidates(
    context: Context,
    _caller: Viewer,
    state: CandidateState | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Candidates:
    """List article candidates learned from staff's answers.

    Undecided ones with the most undisputed evidence come first.
    """
    async with context.open_uow() as uow:
        found = await uow.lessons.candidates(None if state is None else [state], limit)
    return Candidates(candidates=[_candidate(candidate) for candidate in found])


@router.post("/candidates/{candidate_id}/approve", response_model=Approved)
async def approve(
    candidate_id: UUID, context: Context, caller: Editor, body: Approval | None = None
) -> Approved:
    """Publish a candidate, edited or unchanged.

    409 names a regression question that would no longer find its article.
    """
    edits = body or Approval()
    decision = await context.curation.approve(candidate_id, caller.name, edits.title, edits.text)
    return Approved(
        article_id=decision.article_id,
        evaluation=EvaluationView.model_validate(decision.evaluation, from_attributes=True),
    )


@router.post("/candidates/{candidate_id}/reject", response_model=Done)
async def reject(
    candidate_id: UUID, context: Context, caller: Editor, body: Rejection | None = None
) -> Done:
    """Reject a candidate; it is never proposed again."""
    await context.curation.reject(candidate_id, caller.name, body.reason if body else None)
    return Done()


@router.get("/gaps", response_model=Gaps)
async def read_gaps(
    context: Context, _caller: Viewer, days: Annotated[int, Query(ge=1, le=365)] = 30
) -> Gaps:
    """List questions that found no answer in the last days, grouped by meaning, the most frequent first."""
    now = datetime.now(UTC)
    gaps = await find_gaps(
        context.open_uow, context.curation.embedder, now - timedelta(days=days), now
    )
    return Gaps(
        days=days,
        total=sum(gap.count for gap in gaps),
        gaps=[GapView.model_validate(gap, from_attributes=True) for gap in gaps],
    )


@router.get("/models", response_model=Models)
async def read_models(context: Context, _caller: Viewer) -> Models:
    """List the embedding models with stored vectors, their progress and how they compared."""
    async with context.open_uow() as uow:
        found = await uow.models.entries()
    return Models(models=[ModelView.model_validate(model, from_attributes=True) for model in found])


def _candidate(candidate: Candidate) -> CandidateView:
    return CandidateView(
        id=candidate.id,
        title=candidate.title,
        text=candidate.text,
        category=candidate.category,
        state=candidate.state,
        reason=candidate.reason,
        evidence=[item.ticket_number for item in candidate.evidence],
        conversations=[item.conversation_id for item in candidate.evidence],
        questions=[item.question for item in candidate.evidence if item.question],
        reopened=sum(item.reopened > 0 for item in candidate.evidence),
        article_id=candidate.article_id,
        decided_by=candidate.decided_by,
        evaluation=candidate.evaluation and EvaluationView.model_validate(candidate.evaluation),
        expires_at=candidate.expires_at,
        created_at=candidate.created_at,
    )
