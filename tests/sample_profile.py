"""Describes the company of the tests."""

from __future__ import annotations

from domain.company import Company

COMPANY = Company(
    name="TechCorp",
    product="TechCorp Flow",
    support_name="TechCorp Support",
    languages=("en", "de", "es", "fr"),
    allowed_hosts=("techcorp.example",),
)
