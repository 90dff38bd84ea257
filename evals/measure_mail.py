"""Measures reply texts of mails against known ones: exact texts, own words lost, quotes kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.datasets import DataFolder
from evals.metrics import Figure, share
from evals.tasks.mail_reply import run

_REPLY_BARS = {
    "discourse_trimmer": ">= 0.65",
    "crisp": ">= 0.75",
    "github_zapier": ">= 0.90",
    "talon": "",
}
_QUOTE = re.compile(r"^\s{0,3}>+\s*", re.MULTILINE)

Row = Mapping[str, Any]


def squeeze(text: object) -> str:
    """Remove white space, in which suites and mail programs differ."""
    return "".join(str(text).split())


def measure_mail(data: DataFolder) -> Iterator[Figure]:
    """Yield right texts, each suite alone because they disagree on sign-offs, then the errors of all."""
    lost: list[bool] = []
    kept: list[bool] = []
    for name, bar in _REPLY_BARS.items():
        cases = data.rows(f"email_{name}/dev/cases.jsonl") or []
        read = run([{"id": case["id"], "body": str(case["raw"])} for case in cases], None)
        pairs = [(case, str(row["text"])) for case, row in zip(cases, read, strict=True)]
        graded = [(case, text) for case, text in pairs if has_expectation(case)]
        if not graded:
            continue
        yield share(f"mail {name} reply text", [is_right(case, text) for case, text in graded], bar)
        exact = [(case, text) for case, text in graded if case.get("expected_reply") is not None]
        lost += [loses_words(case, text) for case, text in exact]
        kept += [keeps_quote(case, text) for case, text in exact if _QUOTE.search(str(case["raw"]))]
    if lost:
        yield share("mail own words lost", lost, "<= 0.02", None, True)
    if kept:
        yield share("mail quoted text kept", kept, "<= 0.10", None, True)


def has_expectation(case: Row) -> bool:
    names = ("expected_reply", "contains", "not_contains", "reply_matches_regex")
    return any(case.get(name) is not None for name in names)


def is_right(case: Row, text: str) -> bool:
    """Return whether a reply text is what its suite expects: all of it, pieces of it or a pattern."""
    whole, pattern = case.get("expected_reply"), case.get("reply_matches_regex")
    if whole is not None and squeeze(whole) != squeeze(text):
        return False
    if pattern is not None and not re.search(str(pattern), text):
        return False
    has_all = all(squeeze(piece) in squeeze(text) for piece in _texts(case.get("contains")))
    return has_all and not any(
        squeeze(piece) in squeeze(text) for piece in _texts(case.get("not_contains"))
    )


def loses_words(case: Row, text: str) -> bool:
    return bool(Counter(str(case["expected_reply"]).split()) - Counter(text.split()))


def keeps_quote(case: Row, text: str) -> bool:
    """Return whether a quoted line stayed that the suite removes."""
    wanted = squeeze(case["expected_reply"])
    return any(
        _QUOTE.match(line) and squeeze(line) not in wanted
        for line in text.splitlines()
        if squeeze(_QUOTE.sub("", line))
    )


def _texts(value: object) -> Sequence[str]:
    return (
        [str(text) for text in value] if isinstance(value, list) else [str(value)] if value else []
    )
