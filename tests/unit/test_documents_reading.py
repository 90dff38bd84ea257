"""Files of a help centre become articles without losing their structure, and bad ones are named."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from documents.folder import files_of, write_folder
from documents.reading import read
from domain.documents import ImportLimits, Problem, ReadArticle, ReadFile, SourceFile
from domain.knowledge import ArticleVersion

LIMITS = ImportLimits()
HELP_CENTRES = Path(__file__).parents[1] / "help_centres"
EXPECTED = json.loads((HELP_CENTRES / "expected.json").read_text(encoding="utf-8"))
BOX = "Your next box can be changed until Tuesday, and what costs more than 5 pounds is shown before you pay."


def read_text(name: str, text: str | bytes) -> ReadFile:
    content = text.encode() if isinstance(text, str) else text
    return read(SourceFile(name, content), LIMITS)


def read_one(name: str, text: str | bytes) -> ReadArticle:
    found = read_text(name, text)
    assert not found.problems
    [article] = found.articles
    return article


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_of_a_saved_page_the_article_is_kept_and_the_furniture_dropped(name: str) -> None:
    wanted = EXPECTED[name]
    article = read_one(name, (HELP_CENTRES / name).read_bytes())
    assert (article.title, article.url, article.language) == (
        wanted["title"],
        wanted["url"],
        wanted["language"],
    )
    words = article.body.replace("**", "")
    assert [kept for kept in wanted["kept"] if kept not in words] == []
    assert [dropped for dropped in wanted["dropped"] if dropped in words] == []


@pytest.mark.parametrize(
    ("name", "opening", "closing"),
    [
        ("zendesk.html", '<div class="article-body">', "</div></section>"),
        ("intercom.html", '<article class="dark:text-white">', "</article>"),
        ("wordpress.html", '<div class="entry-content wp-block-post-content">', '</div>\n<div class="share'),
        ("freshdesk.html", 'rel="image-enlarge">', "</article>"),
        ("confluence.html", '<div id="main-content" class="wiki-content">', '</div>\n<div id="likes'),
    ],
)  # fmt: skip
def test_a_saved_page_without_its_article_has_no_text(
    name: str, opening: str, closing: str
) -> None:
    page = (HELP_CENTRES / name).read_text(encoding="utf-8")
    page = page.replace("Until when an address can be changed and where", "Some summary")
    start = page.index(opening) + len(opening)
    end = page.index(closing, start)
    empty = page[:start] + page[end:]
    [problem] = read_text("a.html", empty.replace('content="Some summary"', "")).problems
    assert problem.reason.endswith("has no text")


def test_front_matter_has_keys_of_any_language() -> None:
    head = "titel: Zahlen\nkategorie: Geld\nsprache: de\nlink: https://x.example/?id=9\nstatus: veraltet"
    text = f"---\n{head}\n---\nBar."
    article = read_one("a.md", text)
    assert (article.title, article.category, article.language) == ("Zahlen", "Geld", "de")
    assert (article.url, article.is_outdated) == ("https://x.example/?id=9", True)


def test_a_nested_list_stays_nested() -> None:
    html = "<h1>Print</h1><ol><li>Open<ul><li>on a phone</li><li>on a desk</li></ul></li><li>Press</li></ol>"
    lines = [line for line in read_one("a.html", html).body.splitlines() if line]
    assert [line.strip() for line in lines] == [
        "1. Open",
        "- on a phone",
        "- on a desk",
        "2. Press",
    ]
    assert lines[1].startswith(" ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "a.html",
            "<h1>Post</h1><table><tr><th>Way</th><th>Price</th><th>Time</th></tr>"
            "<tr><td>Express</td><td>£5.90</td><td>1 to 2 days</td></tr></table>",
        ),
        (
            "a.md",
            "# Post\n\n| Way | Price | Time |\n|---|---|---|\n| Express | £5.90 | 1 to 2 days |\n",
        ),
    ],
)
def test_a_row_of_a_table_is_a_line_that_can_be_said(name: str, text: str) -> None:
    assert read_one(name, text).body == "- Express – Price: £5.90; Time: 1 to 2 days"


def test_a_cell_that_spans_rows_is_said_in_each() -> None:
    html = (
        "<h1>Fees</h1><table><tr><th>Card</th><th>Where</th><th>Fee</th></tr>"
        "<tr><td rowspan=2>Gold</td><td>home</td><td>0</td></tr><tr><td>abroad</td><td>2</td></tr></table>"
    )
    assert read_one("a.html", html).body.splitlines() == [
        "- Gold – Where: home; Fee: 0",
        "- Gold – Where: abroad; Fee: 2",
    ]


def test_what_unfolds_after_a_click_is_read() -> None:
    html = (
        "<main><h1>Orders</h1><h3><button aria-expanded=false aria-controls=p1>How do I cancel?</button></h3>"
        f"<div id=p1 style='display:none'><p>{BOX}</p></div></main>"
    )
    assert read_one("a.html", html).body == f"#### How do I cancel?\n\n{BOX}"


def test_code_keeps_its_lines_and_signs() -> None:
    html = (
        "<h1>Call</h1><p>Use <code>max_items</code>:</p><pre><code>if a:\n    b * c\n</code></pre>"
    )
    text = read_one("a.html", html).body
    assert "`max_items`" in text
    assert "```\nif a:\n    b * c\n```" in text


def test_words_of_links_and_signs_of_prose_stay_as_shown() -> None:
    html = "<h1>T</h1><p>See <a href='/x'>the_guide</a> &amp; 2 * 3 &lt; 7.<!-- not shown --></p>"
    assert read_one("a.html", html).body == "See the_guide & 2 * 3 < 7."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("label", ["", "utf-8", "iso-8859-1", "nonsense"])
def test_a_page_of_any_encoding_is_read_whatever_its_label_says(encoding: str, label: str) -> None:
    text = "Für die Rückgabe zahlen Sie 5 € – „außer“ in Österreich."
    html = f"<html><head><meta charset='{label}'></head><body><h1>Rückgabe</h1><p>{text}</p></body></html>"
    article = read_one("a.html", html.encode(encoding))
    assert (article.title, article.body) == ("Rückgabe", text)


def test_text_that_was_encoded_twice_is_read_as_it_was_meant() -> None:
    twice = "# Größe\n\nFür 5 €.".encode().decode("cp1252").encode()
    article = read_one("a.md", twice)
    assert (article.title, article.body) == ("Größe", "Für 5 €.")


def test_front_matter_is_yaml_whose_values_are_text() -> None:
    head = (
        '---\n# Ours\nTitle: "Errors: what they mean"\ncategory: yes\nexpires: 2030-01-01\nlang: de-AT\n'
        "url: https://x.example/articles/4711\nwhole: yes\ntags: [a]\n---\n"
    )
    article = read_one("a.md", f"{head}Read on.\n\n---\n\nMore.\n")
    assert (article.title, article.category, article.language) == (
        "Errors: what they mean",
        "yes",
        "de",
    )
    assert (article.url, article.is_whole) == ("https://x.example/articles/4711", True)
    assert article.expires_at == datetime(2030, 1, 1, tzinfo=UTC)
    assert article.body.startswith("Read on.")
    assert article.body.endswith("More.")


def test_rules_in_a_document_are_no_front_matter() -> None:
    article = read_one("a.md", "# Rules\n\nOne.\n\n---\n\nTwo.\n\n---\n\nThree.\n")
    assert article.title == "Rules"
    assert [word in article.body for word in ("One.", "Two.", "Three.")] == [True] * 3


@pytest.mark.parametrize(
    "notice",
    [
        "> [!WARNING]\n> Unplug it first.",
        ":::warning\nUnplug it first.\n:::",
        '!!! warning\n    Unplug it first.',
        "<div class='callout callout-warning'><p><b>Warning:</b> Unplug it first.</p></div>",
    ],
)  # fmt: skip
def test_a_notice_of_any_markdown_becomes_a_quotation(notice: str) -> None:
    body = read_one("a.md", f"# Filter\n\n{notice}\n\n1. Open it.\n").body
    assert " ".join(body.replace("\n> ", " ").split()) == (
        "> **Warning:** Unplug it first. 1. Open it."
    )


def test_markdown_loses_its_pictures_html_relative_links_and_furniture() -> None:
    text = (
        "# Filter\n\n<!-- draft -->Take ![x](a.png)it out, see [the list](../list.md).<br>Then&nbsp;wait.\n\n"
        "{: .note }\n\n## Related articles\n\n- [A](a.md)\n- [B](b.md)\n\nWas this article helpful?\n\nYes | No\n"
    )
    assert read_one("a.md", text).body == "Take it out, see the list.\nThen wait."


@pytest.mark.parametrize(
    "line",
    [
        "Next: choose Save.",
        "Yes.",
        "Print it on white paper.",
        "Updated prices from 1 May 2026 apply to all.",
        "Is the information on my bill correct?",
        "We use cookies to keep you signed in.",
        "Have questions? Call 0330 555 0140.",
    ],
)
def test_sentences_of_an_article_are_no_furniture(line: str) -> None:
    assert read_one("a.md", f"# T\n\n{line}\n\nMore.").body == f"{line}\n\nMore."


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Frage;Antwort", ";"),
        ("Question,Réponse", ","),
        ("Pregunta\tRespuesta", "\t"),
        ("Nr,Domanda,Risposta", ","),
        ("Vraag|Antwoord", "|"),
        ("id,q_text,a_text", ","),
        ("x1,x2", ","),
    ],
)
def test_the_columns_of_a_table_are_found_in_any_language(header: str, field: str) -> None:
    names = header.split(field)
    number = ["7"] * (len(names) - 2)
    rows = [
        [*number, "Where is my order?", '"It is shown under My orders, with a link to its parcel."'],
        [*number, "Can I pay later?", '"You can, for 14 days, if you choose it at the checkout."'],
    ]  # fmt: skip
    found = read_text("a.csv", "\n".join([header, *(field.join(row) for row in rows)]))
    assert found.columns == {"title": names[-2], "text": names[-1]}
    assert [article.title for article in found.articles] == [
        "Where is my order?",
        "Can I pay later?",
    ]
    assert found.articles[1].body.startswith("You can, for 14 days")


def test_html_in_a_cell_is_read_as_html_and_a_bad_row_is_named() -> None:
    found = read_text(
        "bank.csv",
        'Frage;Antwort;Link\nWas kostet es?;"<p>Es kostet <b>4,90&nbsp;€</b>.</p><ul><li>Karte: 0 €</li></ul>";'
        "https://bank.example/?id=4711\nLeer?;;\nGerissen?;a&nbsp;b;;x\n".encode("cp1252"),
    )
    [article] = found.articles
    assert (article.body, article.url) == (
        "Es kostet **4,90 €**.\n\n- Karte: 0 €",
        "https://bank.example/?id=4711",
    )
    assert [str(problem) for problem in found.problems] == [
        "bank.csv, row 3: it has no answer",
        "bank.csv, row 4: it has more cells than the header: quotation marks are missing",
    ]


def test_a_word_file_keeps_headings_lists_and_tables() -> None:
    article = read_one("a.docx", word_file())
    assert article.title == "Returns"
    assert article.body == "#### How\n\nSend it **back**.\n\n- Parcel – Price: £3"


def test_a_pdf_keeps_headings_and_paragraphs() -> None:
    article = read_one("a.pdf", pdf_file())
    assert article.title == "Returns"
    assert article.body == (
        "You can send it back within 30 days.\n\n#### How\n\n- Print the label.\n- Bring it to the post office."
    )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.html", b"", "it is empty"),
        ("a.html", b"<nav><a href=/>Home</a></nav>", "has no text"),
        ("a.html", b"<div>" * 5000 + b"x", "nested too deep"),
        ("a.html", b"<main><h1>T</h1>" + b"<a href=/a>Some article</a>" * 9 + b"</main>", "links to other pages"),
        ("a.md", b"---\ntitle: [open\n---\nText.\n", "front matter is not YAML"),
        ("a.md", b"---\ntitle: T\ndraft: true\n---\nText.\n", "a draft"),
        ("a.md", b"---\ntitle: T\nexpires: soon\n---\nText.\n", "no date"),
        ("a.csv", b"a,b\n1,2\n", "look like questions"),
        ("a.pdf", b"%PDF-1.4 rubbish", "damaged"),
        ("a.docx", b"PK rubbish", "damaged"),
        ("a.txt", b"\x00\x01\x02" * 500, "no text file"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_named_with_its_reason(
    name: str, content: bytes, reason: str
) -> None:
    found = read_text(name, content)
    assert found.articles == ()
    [problem] = found.problems
    assert reason in problem.reason


@pytest.mark.parametrize(
    "text",
    [
        "This article is outdated. The fee is 3 pounds.",
        "Dieser Artikel ist veraltet. Es kostet 3 Euro.",
        "Cet article n'est plus à jour. Cela coûte 3 euros.",
        "> **Out of date**\n>\n> It is no longer valid for new orders.\n\nThe fee is 3 pounds.",
    ],
)
def test_a_page_that_says_it_is_outdated_is_marked(text: str) -> None:
    assert read_one("a.md", f"# Fees\n\n{text}").is_outdated
    assert not read_one("a.md", f"# Fees\n\n{BOX}").is_outdated


@pytest.mark.parametrize("title", ["Error: no access", "404", "“Quoted” # twice", "- dash", "yes"])
def test_what_is_written_is_read_back(tmp_path: Path, title: str) -> None:
    content = "One.\n\n---\n\n- two\n- three"
    at = datetime(2026, 1, 1, tzinfo=UTC)
    written = ArticleVersion(uuid4(), 3, title, "Files: all", content, "handbook", None, "ann", at)
    write_folder(tmp_path, [written])
    [file] = files_of(tmp_path, LIMITS.file_bytes)
    assert isinstance(file, SourceFile)
    [article] = read(file, LIMITS).articles
    assert (article.title, article.category, article.url) == (title, "Files: all", None)
    assert [word in article.body for word in ("One.", "- two", "- three")] == [True] * 3


def test_no_file_of_a_folder_is_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    for name in ("a.md", "assets/b.css", "assets/c.css", "old.doc", "assets/d.html"):
        (tmp_path / name).write_text("text")
    (tmp_path / "link.md").symlink_to(tmp_path / "a.md")
    found = list(files_of(tmp_path, LIMITS.file_bytes))
    assert [item.name for item in found if isinstance(item, SourceFile)] == [
        "a.md",
        "assets/d.html",
        "old.doc",
    ]
    assert [str(item) for item in found if isinstance(item, Problem)] == [
        "link.md: it is a link to another file",
        "2 × .css: files of this kind hold no articles",
    ]


def word_file() -> bytes:
    """The smallest Word file with a title, a heading, a bold word and a table."""

    def paragraph(text: str, style: str = "", run: str = "") -> str:
        head = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
        bold = (
            f"<w:r><w:rPr><w:b/></w:rPr><w:t>{run}</w:t></w:r><w:r><w:t>.</w:t></w:r>"
            if run
            else ""
        )
        return f'<w:p>{head}<w:r><w:t xml:space="preserve">{text}</w:t></w:r>{bold}</w:p>'

    cells = [["Way", "Price"], ["Parcel", "£3"]]
    rows = "".join(
        f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>"
        for row in cells
    )
    body = (
        paragraph("Returns", "Title") + paragraph("How", "Heading2")
        + paragraph("Send it ", run="back") + f"<w:tbl>{rows}</w:tbl>"
    )  # fmt: skip
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in (("Title", "Title"), ("Heading2", "heading 2"))
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(
            "word/document.xml", f"<w:document {space}><w:body>{body}</w:body></w:document>"
        )
        archive.writestr("word/styles.xml", f"<w:styles {space}>{styles}</w:styles>")
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{kind}/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{kind}/styles" '
            'Target="styles.xml"/></Relationships>',
        )
    return made.getvalue()


def pdf_file() -> bytes:
    """A page of PDF with a title, a wrapped paragraph, a heading and a list."""
    lines = [
        (20, 780, "Returns"),
        (10, 750, "You can send it back"),
        (10, 738, "within 30 days."),
        (14, 710, "How"),
        (10, 690, "- Print the label."),
        (10, 678, "- Bring it to the post office."),
    ]
    drawn = "".join(f"BT /F1 {size} Tf 50 {y} Td ({text}) Tj ET\n" for size, y, text in lines)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}endstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    text = "%PDF-1.4\n"
    offsets = []
    for number, item in enumerate(objects, start=1):
        offsets.append(len(text))
        text += f"{number} 0 obj\n{item}\nendobj\n"
    start = len(text)
    text += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    text += "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    text += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return text.encode("latin-1")
