"""Tests resolutions as people write them: what is learned from each and what is not; answers against the
documentation.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from domain.knowledge import ResolvedTicket
from domain.tickets import Category, EscalationReason
from pipeline.learning.contradiction import find_contradiction
from pipeline.learning.extract import Solution, extract

SET = Path(__file__).with_name("resolutions.jsonl")
RESOLUTIONS = [json.loads(line) for line in SET.read_text().splitlines()]
CONTRADICTIONS = Path(__file__).with_name("contradictions.jsonl")
DOCUMENTATION = Path(__file__).parents[2] / "context" / "product-docs.md"
NAMES = ("Maya Lindqvist", "maya.lindqvist@example.com", "grace")
ASKED = "How does this work in Flow, and where do I set it up?"


def learned_from(line: dict[str, str]) -> Solution | None:
    ticket = ResolvedTicket(
        id=uuid4(),
        number="TKT-7F3K9QXA",
        category=Category.TECHNICAL,
        reason=EscalationReason.NO_KB_MATCH,
        subject="A question about Flow",
        note=line.get("note", ""),
        resolved_at=datetime.now(UTC),
        private_words=tuple(line.get("names", NAMES)),
        customer_texts=(line.get("asked", ASKED),),
        staff_texts=(line["reply"],) if "reply" in line else (),
        agent_texts=(line["agent"],) if "agent" in line else (),
        search_failed=True,
        is_disputed=False,
    )
    found = extract(ticket)
    return found if isinstance(found, Solution) else None


@pytest.mark.parametrize("kind", ["private", "one_off", "bot", "chatter"])
def test_what_is_private_done_for_one_customer_said_by_the_agent_or_chatter_is_not_learned(
    kind: str,
) -> None:
    """Where a line names words that may not stay (`leaves`), the rest of it may be learned."""
    lines = [resolution for resolution in RESOLUTIONS if resolution["kind"] == kind]
    assert len(lines) >= 10
    for line in lines:
        found = learned_from(line)
        barred = line.get("leaves", "")
        assert found is None or (barred and barred not in found.text), line


def test_what_holds_for_every_customer_is_learned_without_greeting_and_name() -> None:
    lines = [resolution for resolution in RESOLUTIONS if resolution["kind"] == "general"]
    assert len(lines) >= 40
    for line in lines:
        found = learned_from(line)
        assert found is not None, line
        assert not {"Maya", "Grace", "Hello", "regards"} & set(found.text.split()), found.text


def test_answers_against_the_documentation_are_told_from_those_beside_it() -> None:
    """Not all: that an article denies one thing of several in a sentence is left to the one who approves."""
    articles = {}
    for part in re.split(r"^### ", DOCUMENTATION.read_text(), flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        articles[title.strip()] = body.split("\n\n")
    lines = [json.loads(line) for line in CONTRADICTIONS.read_text().splitlines()]
    found = {
        kind: [
            find_contradiction(resolution["answer"], articles[resolution["article"]]) is not None
            for resolution in lines
            if resolution["kind"] == kind
        ]
        for kind in ("opposed", "agrees")
    }
    assert len(found["opposed"]) == 18
    assert sum(found["opposed"]) >= 14
    assert sum(found["agrees"]) <= 1 < len(found["agrees"])
