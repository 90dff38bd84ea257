"""An import is planned before it is published, and no item of it gets lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from deployments.articles import cut_article
from documents.reader import FileReader
from domain.documents import ImportLimits, SourceFile
from pipeline.imports import ImportPlan, plan_import

LIMITS = ImportLimits(seconds_a_file=0.5)


@pytest.fixture
def reader() -> Iterator[FileReader]:
    reader = FileReader(LIMITS)
    yield reader
    reader.close()


async def plan(reader: FileReader, limits: ImportLimits = LIMITS, **files: str) -> ImportPlan:
    named = [
        SourceFile(name.replace("_", "."), text.encode("cp1252")) for name, text in files.items()
    ]
    return await plan_import(named, reader, cut_article, limits)


def titles(made: ImportPlan) -> list[str]:
    return [article.passages.title for article in made.articles]


async def test_a_bad_file_is_named_and_the_others_go_in(reader: FileReader) -> None:
    made = await plan(
        reader,
        a_html="<h1>Öffnungszeiten</h1><p>Täglich geöffnet.</p>",
        b_html="",
        c_csv="Frage,Antwort\nWann?,Immer am Montag.\nWo?,\n",
        d_doc="old",
        e_pdf="%PDF rubbish",
    )
    assert titles(made) == ["Öffnungszeiten", "Wann?"]
    assert [str(problem) for problem in made.problems] == [
        "b.html: it is empty",
        "c.csv, row 3: it has no answer",
        "d.doc: files of the kind .doc are not read",
        "e.pdf: it is damaged or no PDF file",
    ]
    assert made.columns == {"c.csv": {"title": "Frage", "text": "Antwort"}}


async def test_the_same_title_is_told_apart_by_category_language_or_number(
    reader: FileReader,
) -> None:
    made = await plan(
        reader,
        a_md="---\ncategory: Bikes\n---\n# Returns\n\nBring the bike.",
        b_md="---\ncategory: Parts\n---\n# Returns\n\nSend the part.",
        c_csv="question,answer\nPay?,By card or cash.\nPay?,By transfer as well.\n",
    )
    assert titles(made) == ["Returns (Bikes)", "Returns (Parts)", "Pay?", "Pay? (2)"]
    assert [problem.is_left_out for problem in made.problems] == [False] * 3


async def test_the_current_one_of_two_titles_keeps_it(reader: FileReader) -> None:
    made = await plan(
        reader,
        a_md="# Prices\n\nThis page is outdated. It was 3 pounds.",
        b_md="# Prices\n\nIt is 4 pounds.",
    )
    assert titles(made) == ["Prices (2)", "Prices"]


async def test_the_same_article_twice_is_taken_once(reader: FileReader) -> None:
    made = await plan(reader, a_md="# T\n\nThe text.", b_md="# T\n\nThe text.")
    assert titles(made) == ["T"]
    assert str(made.problems[0]) == "b.md: “T” is the same as in a.md"


async def test_an_article_of_a_plan_shows_its_passages_language_link_and_state(
    reader: FileReader,
) -> None:
    head = "---\nurl: https://x.example/4711\nwhole: yes\n---\n"
    text = f"{head}# Gebühren\n\nDieser Artikel ist veraltet.\n\n## Karte\n\nDie Karte ist kostenlos und gilt für Sie."
    made = await plan(reader, a_md=text)
    [article] = made.articles
    passages = article.passages
    assert (passages.language, passages.url) == ("de", "https://x.example/4711")
    assert passages.is_whole
    assert passages.is_outdated
    assert "Die Karte ist kostenlos" in passages.passages[-1][0]


async def test_a_file_that_takes_too_long_is_named_and_the_next_is_read(
    reader: FileReader,
) -> None:
    slow = "<h1>T</h1>" + "<div><p>some words here</p>" * 150_000
    made = await plan(reader, a_html=slow, b_md="# T\n\nThe text.")
    assert titles(made) == ["T"]
    [problem] = made.problems
    assert problem.file == "a.html"


async def test_more_files_than_the_limit_are_named(reader: FileReader) -> None:
    few = replace(LIMITS, files=1)
    made = await plan(reader, few, a_md="# A\n\nThe text.", b_md="# B\n\nThe text.")
    assert titles(made) == ["A"]
    assert str(made.problems[0]) == "b.md: an import takes 1 files"
