"""Names the sample company's files: its profile and its articles."""

from __future__ import annotations

from functools import cache

from company.document import parse_yaml
from domain.company import Company
from pipeline.going_live import Sample
from serve_app.shipped import shipped

SAMPLE_PROFILE = shipped("context/company.yaml")
SAMPLE_DOCUMENT = shipped("context/product-docs.md")


@cache
def sample_company() -> Company:
    """Return the sample company's profile."""
    return parse_yaml(SAMPLE_PROFILE.read_text(encoding="utf-8"))


def sample() -> Sample:
    """Return what marks the sample company's data in a database."""
    return Sample(sample_company().name, SAMPLE_DOCUMENT.name)
