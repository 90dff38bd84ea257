"""Describes the company of the tests and names its articles, apart from the checkout's own sample in context/."""

from __future__ import annotations

from pathlib import Path

from domain.company import Company

ARTICLES = Path(__file__).with_name("sample_articles.md")

COMPANY = Company(
    name="TechCorp",
    product="TechCorp Flow",
    support_name="TechCorp Support",
    languages=("en", "de", "es", "fr"),
    allowed_hosts=("techcorp.example",),
)
