"""Replays committed turns with another profile, model or threshold, and tells what differs; nothing is written."""

from __future__ import annotations

import asyncio
import difflib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from domain.channels import Channel
from domain.company import Company
from domain.errors import NotFound, SupportError
from domain.records import FinishedTurn
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason
from domain.turns import TurnOutcome
from pipeline.drafting import Drafting
from pipeline.turns import read_turn, render_replayed


@dataclass(frozen=True, slots=True)
class End:
    """How a turn ended, or would end. `reply` is what the customer reads; `sources` are titles of articles."""

    outcome: TurnOutcome
    reason: EscalationReason | None
    reply: str
    sources: tuple[str, ...]
    model: str
    input_tokens: int
    output_tokens: int
    usd: float = 0.0
    """Of a replayed turn alone."""

    @property
    def tokens(self) -> int:
        """Of the model, both ways."""
        return self.input_tokens + self.output_tokens

    @property
    def said(self) -> str:
        """The outcome, with the reason of a hand-over."""
        return f"{self.outcome} ({self.reason})" if self.reason else str(self.outcome)


@dataclass(frozen=True, slots=True)
class ReplayedTurn:
    """A turn's stored end, and the one that it would have now."""

    turn_id: UUID
    conversation_id: UUID
    channel: Channel
    asked: str
    before: End
    after: End

    @property
    def is_other_end(self) -> bool:
        """Whether outcome or reason differ."""
        return self.before.said != self.after.said

    @property
    def likeness(self) -> float:
        """Return 1 for the same reply, 0 for replies without a common word."""
        return difflib.SequenceMatcher(
            None, self.before.reply.split(), self.after.reply.split(), autojunk=False
        ).ratio()


@dataclass(frozen=True, slots=True)
class ReplayLimits:
    """What one replay may take: no turn is begun beyond the tokens, none goes on beyond the time."""

    turns: int = 20
    time: timedelta = timedelta(seconds=20)
    tokens: int = 200_000
    at_once: int = 4


@dataclass(frozen=True, slots=True)
class Replay:
    """The turns that were replayed, newest first, and how many a limit left out or an error stopped."""

    turns: tuple[ReplayedTurn, ...]
    left_out: int = 0
    failed: int = 0
    model: str = ""
    """The one that reads the prompt; empty for the grounded answerer, which reads none."""

    @property
    def usd(self) -> float:
        """What the model cost; no budget of the profile counts it."""
        return sum(turn.after.usd for turn in self.turns)


async def replay_turn(
    open_uow: OpenUnitOfWork,
    drafting: Drafting,
    finished: FinishedTurn,
    company: Company | None = None,
) -> ReplayedTurn:
    """Draft a stored turn anew, with `company` in place of the profile in force.

    Raises NotFound for an erased customer; Overloaded or Transient from the models.
    """
    stored = await read_turn(open_uow, finished)
    if company is not None:
        stored = replace(stored, turn=replace(stored.turn, company=company))
    draft, _ = await drafting.draft(stored.turn)
    return ReplayedTurn(
        finished.id,
        finished.conversation_id,
        stored.turn.channel.channel,
        stored.turn.text,
        End(
            finished.outcome,
            finished.reason,
            stored.reply,
            finished.sources,
            finished.model,
            finished.input_tokens,
            finished.output_tokens,
        ),
        End(
            draft.outcome,
            draft.reason,
            render_replayed(stored, draft),
            tuple(dict.fromkeys(passage.title for passage in draft.sources)),
            draft.model,
            draft.input_tokens,
            draft.output_tokens,
            sum(usage.usd for usage in draft.journal.used.values()),
        ),
    )


async def replay_newest(
    open_uow: OpenUnitOfWork,
    drafting: Drafting,
    limits: ReplayLimits,
    company: Company | None = None,
    *,
    skip: int = 0,
) -> Replay:
    """Replay the newest turns that ended with a reply, within the limits."""
    async with open_uow() as uow:
        finished = await uow.turns.finished(limits.turns, skip)
    return await _replay_all(open_uow, drafting, finished, limits, company)


async def _replay_all(
    open_uow: OpenUnitOfWork,
    drafting: Drafting,
    finished: Sequence[FinishedTurn],
    limits: ReplayLimits,
    company: Company | None,
) -> Replay:
    waiting = deque(enumerate(finished))
    done: dict[int, ReplayedTurn] = {}
    failed = 0
    tokens = 0

    async def work() -> None:
        nonlocal failed, tokens
        while waiting and tokens < limits.tokens:
            position, turn = waiting.popleft()
            try:
                done[position] = await replay_turn(open_uow, drafting, turn, company)
            except NotFound:
                continue
            except SupportError:
                failed += 1
                continue
            tokens += done[position].after.tokens

    workers = [asyncio.create_task(work()) for _ in range(limits.at_once)]
    try:
        _, late = await asyncio.wait(workers, timeout=limits.time.total_seconds())
        for worker in late:
            worker.cancel()
        for worker in set(workers) - late:
            worker.result()
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    turns = tuple(done[position] for position in sorted(done))
    return Replay(turns, left_out=len(waiting) + len(late), failed=failed)
