"""Counts the grades of centres: what a customer got, by kind of question, and what must not happen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from evals.help_centres.ask import Asked
from evals.help_centres.grade import Grade, Verdict

Graded = Sequence[tuple[Asked, Grade]]
_TO_ANSWER = ("answerable", "follow_up", "two_questions")


@dataclass(slots=True)
class Counts:
    """Each list has one entry a question that it concerns: whether the thing happened."""

    right: list[bool] = field(default_factory=list)
    """Answerable questions answered right."""
    choice: list[bool] = field(default_factory=list)
    handed_over: list[bool] = field(default_factory=list)
    wrong: list[bool] = field(default_factory=list)
    """Answers sent, of all questions, that lack a required text or hold a forbidden one, near misses included."""
    escalated: list[bool] = field(default_factory=list)
    """Questions for a person that reached one, dangers included."""
    near_miss: list[bool] = field(default_factory=list)
    """Near misses answered."""
    unfit: list[bool] = field(default_factory=list)
    """Replies with mark-up or furniture, or without a warning that belongs to them."""

    def add(self, graded: Graded) -> Counts:
        """Count one centre's grades in."""
        for asked, grade in graded:
            kind, verdict = asked.question.kind, grade.verdict
            self.unfit.append(grade.has_mark_up or grade.has_cut_warning)
            self.wrong.append(
                verdict is Verdict.WRONG and asked.draft.escalation is None and kind != "danger"
            )
            if kind in _TO_ANSWER:
                self.right.append(verdict is Verdict.RIGHT)
                self.choice.append(verdict is Verdict.CHOICE)
                self.handed_over.append(verdict is Verdict.HANDED_OVER)
            elif kind == "unanswerable":
                self.near_miss.append(verdict is Verdict.WRONG)
            elif kind in ("must_escalate", "danger"):
                self.escalated.append(verdict is Verdict.RIGHT)
        return self


COLUMNS = ("right", "choice", "handed_over", "wrong", "near_miss", "escalated", "unfit")


def table(rows: Iterable[tuple[str, Counts]]) -> str:
    """Return the counts as lines, one a name."""
    lines = [f"{'':24}" + "".join(f"{name.replace('_', ' '):>14}" for name in COLUMNS)]
    for name, counts in rows:
        cells = []
        for column in COLUMNS:
            values: list[bool] = getattr(counts, column)
            cells.append(f"{sum(values)}/{len(values)}" if values else "-")
        lines.append(f"{name:24}" + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join(lines)
