"""Reads a help centre: its profile, its questions, and its articles as an import would publish them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from company.document import parse_yaml
from deployments.articles import cut_article
from documents.folder import files_of
from documents.reader import FileReader
from domain.company import Company
from domain.documents import ImportLimits
from evals.datasets import read_rows, strings
from pipeline.imports import ImportPlan, plan_import

CENTRES = Path(__file__).parents[1] / "centres"
TUNED = ("pedalwerk", "nordkontor", "tandemrooms", "fennlink")
"""The centres that thresholds and rules may be fitted on; all others are held out."""


@dataclass(frozen=True, slots=True)
class Question:
    """A row of questions.jsonl; docs/how-to/evaluate-your-centre.md describes the fields."""

    id: str
    channel: str
    language: str
    turns: tuple[str, ...]
    kind: str
    wanted: tuple[tuple[str, ...], ...]
    forbidden: tuple[str, ...]
    escalation: str | None
    trap: str
    article: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, object]) -> Question:
        """Read a row."""
        wanted = row.get("must_contain_any")
        groups = wanted if isinstance(wanted, list) else []
        escalation, article = row.get("escalation"), row.get("article")
        return cls(
            str(row["id"]),
            str(row["channel"]),
            str(row["language"]),
            tuple(strings(row["turns"])),
            str(row["kind"]),
            tuple(tuple(strings(group)) for group in groups),
            tuple(strings(row.get("must_not_contain"))),
            None if escalation is None else str(escalation),
            str(row.get("trap") or ""),
            None if article is None else str(article),
        )


@dataclass(frozen=True, slots=True)
class Centre:
    """A company with its articles and the questions of its customers."""

    name: str
    company: Company
    plan: ImportPlan
    questions: tuple[Question, ...]

    @property
    def is_tuned(self) -> bool:
        """Whether rules and thresholds may have been fitted on it."""
        return self.name in TUNED


def folders(names: list[str] | None = None) -> list[Path]:
    """Return the carried centres' folders, or those of the given names or paths."""
    if names:
        return [path if (path := Path(name)).is_dir() else CENTRES / name for name in names]
    return sorted(path.parent for path in CENTRES.glob("*/questions.jsonl"))


async def read_centre(folder: Path, reader: FileReader) -> Centre:
    """Read a folder with profile.yaml, articles/ and questions.jsonl."""
    limits = ImportLimits()
    profile = await asyncio.to_thread((folder / "profile.yaml").read_text, encoding="utf-8")
    files = await asyncio.to_thread(lambda: list(files_of(folder / "articles", limits.file_bytes)))
    plan = await plan_import(files, reader, cut_article, limits)
    rows = await asyncio.to_thread(read_rows, folder / "questions.jsonl")
    return Centre(folder.name, parse_yaml(profile), plan, tuple(map(Question.of, rows)))
