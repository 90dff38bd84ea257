"""Checks that files of a help centre become articles without losing their structure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from domain.errors import ConfigurationError
from domain.knowledge import ArticleVersion
from pipeline.index import Passages
from serve_app.documents import read_folder, write_folder


def read_one(folder: Path, name: str, text: str) -> Passages:
    (folder / name).write_text(text, encoding="utf-8")
    [article] = read_folder(folder)
    return article


def text_of(article: Passages) -> str:
    return "\n".join(text for text, _ in article.passages)


def test_a_nested_list_stays_nested(tmp_path: Path) -> None:
    html = "<h1>Print</h1><ol><li>Open<ul><li>on a phone</li><li>on a desk</li></ul></li><li>Press</li></ol>"
    lines = text_of(read_one(tmp_path, "a.html", html)).splitlines()
    assert [line.strip() for line in lines] == [
        "1. Open",
        "- on a phone",
        "- on a desk",
        "2. Press",
    ]
    assert lines[1].startswith(" ")


def test_a_table_has_a_head_and_keeps_its_cells(tmp_path: Path) -> None:
    html = "<h1>Plans</h1><table><tr><td>Plan</td><td>Price</td></tr><tr><td><b>Pro</b></td><td>9</td></tr></table>"
    lines = text_of(read_one(tmp_path, "a.html", html)).splitlines()
    assert lines == ["| Plan | Price |", "| --- | --- |", "| **Pro** | 9 |"]


def test_code_keeps_its_lines_and_signs(tmp_path: Path) -> None:
    html = (
        "<h1>Call</h1><p>Use <code>max_items</code>:</p><pre><code>if a:\n    b * c\n</code></pre>"
    )
    text = text_of(read_one(tmp_path, "a.html", html))
    assert "`max_items`" in text
    assert "```\nif a:\n    b * c\n```" in text


def test_words_of_links_and_signs_of_prose_stay_as_shown(tmp_path: Path) -> None:
    html = "<h1>T</h1><p>See <a href='/x'>the_guide</a> &amp; 2 * 3 &lt; 7.<!-- not shown --></p>"
    assert text_of(read_one(tmp_path, "a.html", html)) == "See the_guide & 2 * 3 < 7."


def test_headings_of_a_page_stay_below_those_of_articles(tmp_path: Path) -> None:
    text = text_of(read_one(tmp_path, "a.html", "<h1>T</h1><h2>Steps</h2><p>Go.</p><h5>End</h5>"))
    assert "#### Steps" in text
    assert "##### End" in text


def test_front_matter_is_yaml_whose_values_are_text(tmp_path: Path) -> None:
    head = '---\n# Ours\nTitle: "Errors: what they mean"\ncategory: yes\nexpires: 2030-01-01\ntags: [a]\n---\n'
    article = read_one(tmp_path, "a.md", f"{head}Read on.\n\n---\n\nMore.\n")
    assert article.title == "Errors: what they mean"
    assert article.category == "yes"
    assert article.expires_at == datetime(2030, 1, 1, tzinfo=UTC)
    assert text_of(article).startswith("Read on.")
    assert text_of(article).endswith("More.")


def test_rules_in_a_document_are_no_front_matter(tmp_path: Path) -> None:
    article = read_one(tmp_path, "a.md", "# Rules\n\nOne.\n\n---\n\nTwo.\n\n---\n\nThree.\n")
    assert article.title == "Rules"
    assert [word in text_of(article) for word in ("One.", "Two.", "Three.")] == [True] * 3


def test_front_matter_that_is_no_yaml_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: [open\n---\nText.\n")
    with pytest.raises(ConfigurationError, match=r"a\.md: .*front matter"):
        read_folder(tmp_path)


@pytest.mark.parametrize("title", ["Error: no access", "404", "“Quoted” # twice", "- dash", "yes"])
def test_what_is_written_is_read_back(tmp_path: Path, title: str) -> None:
    content = "One.\n\n---\n\n- two\n- three"
    at = datetime(2026, 1, 1, tzinfo=UTC)
    written = ArticleVersion(uuid4(), 3, title, "Files: all", content, "handbook", None, "ann", at)
    write_folder(tmp_path, [written])
    [article] = read_folder(tmp_path)
    assert (article.title, article.category, article.url) == (title, "Files: all", None)
    assert [word in text_of(article) for word in ("One.", "- two", "- three")] == [True] * 3
