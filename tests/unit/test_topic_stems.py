"""Tests which words of a message count as its subject, for whatever company is served."""

from __future__ import annotations

import pytest

from agent.topic_stems import topic_stems
from domain.company import Company
from domain.languages import Language

ACME = Company(name="Acme", product="Acme Cloud")
ENERGY = Company(name="Brightwell Energy", product="gas and electricity")


@pytest.mark.parametrize(
    ("company", "text", "stems"),
    [
        (ACME, "Acme is not working", []),
        (ACME, "the Acme Cloud app has a problem", []),
        (ACME, "Cloud is broken", []),
        (ENERGY, "Brightwell Energy has a problem", []),
        (ENERGY, "My electricity is not working", ["electr"]),
        (ENERGY, "My cloud has a problem", ["cloud"]),
        (ENERGY, "The flow of water", ["flow", "water"]),
        (Company(name="acme"), "Acme has a problem", ["acm"]),
    ],
)
def test_the_companys_own_names_are_no_subject(
    company: Company, text: str, stems: list[str]
) -> None:
    assert topic_stems(text, Language.ENGLISH, company) == stems
