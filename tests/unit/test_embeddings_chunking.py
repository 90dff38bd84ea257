"""Checks that passages follow the structure of an article and carry its title."""

from __future__ import annotations

from embeddings.chunking import chunk_article, chunk_markdown, estimate_tokens

DOCUMENT = """# Product

Intro.

## Category: Account

### Reset your password

Use this when you forgot it.

1. Open the page.
2. Enter your address.
   It may be an alias.
3. Save.

### Sign out

Select **Sign out**.

## Category: Billing

### Invoices

```
# not a heading
```
"""


def test_a_document_becomes_articles_with_title_and_category() -> None:
    articles = chunk_markdown(DOCUMENT)
    assert [(article.title, article.category) for article in articles] == [
        ("Reset your password", "Account"),
        ("Sign out", "Account"),
        ("Invoices", "Billing"),
    ]
    assert "# not a heading" in articles[2].body


def test_what_is_embedded_begins_with_the_title() -> None:
    article = chunk_markdown(DOCUMENT)[0]
    assert all(chunk.embedded_text.startswith("Reset your password\n") for chunk in article.chunks)


def test_a_step_is_never_cut() -> None:
    steps = [
        f"{number}. Do the thing number {number} with some care.\n   And mind its second line."
        for number in range(1, 30)
    ]
    chunks = chunk_article("Long list", "Follow these steps:\n\n" + "\n".join(steps), max_tokens=60)
    assert len(chunks) > 3
    for number in range(1, 30):
        assert (
            sum(
                f"number {number} with" in chunk.text and "second line" in chunk.text
                for chunk in chunks
            )
            == 1
        )


def test_nothing_is_lost_and_the_order_is_kept() -> None:
    body = "\n\n".join(f"Paragraph {number}. It has two sentences." for number in range(40))
    joined = "\n".join(chunk.text for chunk in chunk_article("T", body, max_tokens=50))
    positions = [joined.index(f"Paragraph {number}.") for number in range(40)]
    assert positions == sorted(positions)


def test_passages_of_short_blocks_stay_within_the_budget() -> None:
    body = "\n\n".join("A short paragraph of some nine words in all." for _ in range(30))
    assert all(
        estimate_tokens(chunk.text) <= 80 for chunk in chunk_article("T", body, max_tokens=80)
    )


def test_an_empty_article_is_its_title() -> None:
    assert [chunk.text for chunk in chunk_article("Only a title", "")] == ["Only a title"]


def test_a_long_table_is_not_cut_and_needs_no_outer_bars() -> None:
    rows = "\n".join(f"Plan {number}. It is good. | {number} | yes" for number in range(40))
    table = f"Plan | Price | Sold\n---|---|---\n{rows}"
    texts = [
        chunk.text for chunk in chunk_article("T", f"See the plans.\n\n{table}", max_tokens=60)
    ]
    assert any(table in text for text in texts)


def test_a_fence_is_closed_by_its_own_kind_alone() -> None:
    code = "````\n```\n### not a heading\n```\n~~~\n````"
    [article] = chunk_markdown(f"## Category: A\n\n### Code\n\n{code}\n")
    assert article.body == code
    assert [chunk.text for chunk in article.chunks] == [code]


def test_text_that_looks_like_rarer_markdown_is_kept_as_text() -> None:
    body = '[1]: https://example.com "x"\n\n    indented. Words.\n\nA line\n---\nAnother'
    [article] = chunk_markdown(f"## Category: A\n\n### T\n\n{body}\n")
    joined = "\n".join(chunk.text for chunk in article.chunks)
    assert [line for line in body.splitlines() if line.strip() and line not in joined] == []
