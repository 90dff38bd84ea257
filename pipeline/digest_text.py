"""Writes the digest as plain text for a mail or a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

from domain.channels import Channel
from domain.tickets import EscalationReason

_Figures = Mapping[str, Mapping[str, float | None]]


def subject(day: date) -> str:
    """Return the mail's subject."""
    return f"Support on {day:%A}, {day.day} {day:%B %Y}"


def describe(body: Mapping[str, object]) -> str:
    """Write `body`, as pipeline.digest makes it, as text.

    It names tickets and quotes no customer, since a mail that was sent can't be erased.
    """
    day = date.fromisoformat(str(body["date"]))
    so_far = "" if body["is_final"] else ", so far"
    lines = [f"{subject(day)} (UTC{so_far})", "", "All channels", *_lines(body["totals"])]
    for channel in cast(Sequence[Mapping[str, object]], body["channels"]):
        lines += ["", Channel(str(channel["channel"])).facts.label, *_lines(channel)]
    lines += ["", "What it was about", *(_issues(body["top_issues"]) or ["- nothing came in"])]
    lines += ["", "Asked and not found in the knowledge base"]
    lines += _gaps(body["content_gaps"]) or ["- everything was found"]
    return "\n".join(lines)


def _lines(given: object) -> list[str]:
    figures = cast(_Figures, given)
    counts = cast(Mapping[str, int], given)
    resolution, times = figures["resolution"], figures["response_times"]
    sentiment, escalations = figures["sentiment"], figures["escalations"]
    lines = [
        f"- {_count(counts['messages'], 'message')} in {_count(counts['conversations'], 'conversation')}",
        f"- {_count(resolution['tickets'], 'new ticket')}: {resolution['confirmed']} confirmed as resolved"
        f"{_share(resolution['confirmed_rate'])}, {resolution['assumed']} assumed to be"
        f"{_share(resolution['assumed_rate'])}, {resolution['unresolved']} not resolved",
    ]
    if times["answers"]:
        lines.append(
            f"- {_count(times['answers'], 'answer')}: half within {_time(times['p50_ms'], 1000)},"
            f" 95 of 100 within {_time(times['p95_ms'], 1000)}"
        )
    if times["staff_answers"]:
        lines.append(
            f"- a person's first word, {_time(times['avg_staff_wait_s'])} after the hand-over on average"
            f" ({_count(times['staff_answers'], 'ticket')})"
        )
    if sentiment["average"] is not None:
        lines.append(
            f"- mood {sentiment['average']:.2f} on average, from 0 (furious) to 1 (delighted);"
            f" {_count(sentiment['negative'], 'message')} {_negative(sentiment.get('negative_below'))}"
        )
    by_reason = cast(Mapping[str, int], escalations["by_reason"])
    ranked = sorted(by_reason.items(), key=lambda counted: (-counted[1], counted[0]))
    reasons = ", ".join(f"{EscalationReason(name).record.label} {count}" for name, count in ranked)
    handed = _count(escalations["total"], "ticket")
    lines.append(f"- {handed} handed over" + (f": {reasons}" if reasons else ""))
    return lines


def _negative(below: float | None) -> str:
    """Name the threshold; digests stored by earlier releases have none."""
    return "negative" if below is None else f"below {below:g}"


def _issues(given: object) -> list[str]:
    lines = []
    for issue in cast(Sequence[Mapping[str, object]], given):
        examples = cast(Sequence[Mapping[str, str]], issue["examples"])
        numbers = ", ".join(example["ticket_id"] for example in examples)
        lines.append(
            f"- {issue['name']}: {_count(issue['count'], 'ticket')}"
            + (f", such as {numbers}" if numbers else "")
        )
    return lines


def _gaps(given: object) -> list[str]:
    return [
        f"- {gap['name']}: {_count(gap['conversations'], 'conversation')}"
        for gap in cast(Sequence[Mapping[str, object]], given)
    ]


def _count(number: object, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _share(share: float | None) -> str:
    return "" if share is None else f" ({share:.0%})"


def _time(value: float | None, per_second: float = 1) -> str:
    seconds = (value or 0.0) / per_second
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
