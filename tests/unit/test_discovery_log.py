"""Checks that the discovery log is what its script computes from the sample tickets, and nothing else."""

from __future__ import annotations

import json

import pytest

from specs.discover import EXAMPLES, LOG, PATTERNS, TICKETS, discovery_log, find_patterns

SAMPLE = json.loads(TICKETS.read_text(encoding="utf-8"))


def test_the_log_is_the_one_that_the_script_writes_today() -> None:
    assert LOG.read_text(encoding="utf-8") == discovery_log(SAMPLE), "run python -m specs.discover"


@pytest.mark.parametrize("channel", ["web_form", "email", "whatsapp"])
def test_each_channel_has_ten_patterns_with_two_examples_each(channel: str) -> None:
    found = find_patterns(SAMPLE, channel)
    assert len(found) >= 10
    assert all(len(hits) >= EXAMPLES for _, hits in found)
    assert all(ticket["channel"] == channel for _, hits in found for ticket in hits)


def test_every_rule_finds_something() -> None:
    idle = [
        pattern.name for pattern in PATTERNS if not any(pattern.holds(ticket) for ticket in SAMPLE)
    ]
    assert idle == []


def test_a_count_follows_the_tickets() -> None:
    fewer = [ticket for ticket in SAMPLE if ticket["mood"] != "happy"]
    names = [pattern.name for pattern, _ in find_patterns(fewer, "whatsapp")]
    assert "Is happy" not in names
    assert "Is happy" in [pattern.name for pattern, _ in find_patterns(SAMPLE, "whatsapp")]
