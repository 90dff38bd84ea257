"""Converts HTML to the Markdown that articles are stored in: headings, lists, emphasis, notices and plain lines."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PageElement, Tag
from markdownify import ATX, MarkdownConverter

from documents.tables import table_lines
from domain.whole_numbers import whole_number

MAX_DEPTH = 200
"""Nested deeper, a page is no page: libraries recurse."""

_NOT_SHOWN = (
    "script", "style", "noscript", "svg", "template", "button", "input", "select", "textarea", "iframe", "object",
    "video", "audio", "canvas", "dialog", "figcaption",
)  # fmt: skip
_NOTICE = re.compile(
    r"(?:^|[-_ ])(?:warning|caution|danger|alert|important|attention|notice|callout|admonition|hint|"
    r"information-macro|hinweis|warnung|achtung)(?:$|[-_ ])",
    re.IGNORECASE,
)
_SHORTEST_PANEL = 20
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:p|br|div|span|ul|ol|li|b|strong|em|i|a|h[1-6]|table|tr|td|th|blockquote|img)\b[^<>]*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,5});", re.IGNORECASE)


def looks_like_html(text: str) -> bool:
    """Whether a text holds tags or entities of HTML rather than the signs themselves."""
    return _TAG.search(text) is not None or _ENTITY.search(text) is not None


def parse(text: str) -> BeautifulSoup:
    """Parse a page or fragment. Raises ValueError if it is nested too deep."""
    soup = BeautifulSoup(text, "lxml")
    waiting: list[tuple[Tag, int]] = [(soup, 0)]
    while waiting:
        tag, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError("its elements are nested too deep")
        waiting += [(child, depth + 1) for child in tag.children if isinstance(child, Tag)]
    return soup


def fragment_to_markdown(text: str) -> str:
    """Convert a fragment, such as a cell of a table. Line breaks of a text without blocks stay."""
    if re.search(r"<(?:p|br|div|ul|ol|li|h[1-6]|table)\b", text, re.IGNORECASE) is None:
        text = text.replace("\n", "<br>")
    soup = parse(text)
    prepare(soup)
    return to_markdown(soup.body or soup)


def unfold(soup: Tag) -> None:
    """Show what a page shows after a click: the panels of an accordion, under the button's words as a heading."""
    for button in soup.find_all(
        lambda tag: tag.has_attr("aria-controls") or tag.has_attr("aria-expanded")
    ):
        panel = (
            soup.find(id=str(button.get("aria-controls"))) if button.get("aria-controls") else None
        )
        if (
            not isinstance(panel, Tag)
            or panel.find(["nav", "form"])
            or button.find_parent(["nav", "header", "footer"])
        ):
            continue
        if len(panel.get_text(strip=True)) < _SHORTEST_PANEL:
            continue
        for name in ("hidden", "aria-hidden", "style", "class", "role"):
            del panel[name]
        button.name = "span" if button.find_parent(["h1", "h2", "h3", "h4", "h5", "h6"]) else "h4"


def prepare(soup: Tag) -> None:
    """Change a page in place so that what its tags mean is text: tables, definitions, notices, answers that fold."""
    for comment in soup.find_all(string=lambda found: isinstance(found, Comment)):
        comment.extract()
    for tag in soup.find_all(_NOT_SHOWN):
        tag.decompose()
    for tag in soup.find_all(_is_hidden):
        if not tag.decomposed:
            tag.decompose()
    for summary in soup.find_all("summary"):
        summary.name = "h4"
    for definitions in soup.find_all("dl"):
        _say_definitions(definitions)
    for table in reversed(soup.find_all("table")):  # inner ones first
        _say_table(table)
    for tag in soup.find_all(_is_notice):
        if not tag.find_parent("blockquote") and not tag.find(["h1", "h2", "main", "article"]):
            tag.name = "blockquote"
            for title in tag.find_all(["h3", "h4", "h5", "h6"]):
                title.name = "p"


def to_markdown(page: Tag) -> str:
    """Convert a prepared page: words of links without their targets, and signs of prose without escapes."""
    for heading in page.find_all(["h1", "h2", "h3"]):
        heading.name = "h4"  # `###` opens an article in a document of many.
    converter = MarkdownConverter(
        bullets="-", escape_asterisks=False, escape_underscores=False, escape_misc=False, heading_style=ATX,
        strip=["a", "img"], table_infer_header=True,
    )  # fmt: skip
    text = converter.convert_soup(page)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def text_of(tag: PageElement | None) -> str:
    """The words of an element on one line."""
    return " ".join(tag.get_text(" ").split()) if isinstance(tag, Tag) else ""


def _is_hidden(tag: Tag) -> bool:
    style = tag.get("style")
    return (
        tag.has_attr("hidden")
        or tag.get("aria-hidden") == "true"
        or (isinstance(style, str) and _HIDDEN.search(style) is not None)
    )


def _is_notice(tag: Tag) -> bool:
    if tag.name not in ("div", "aside", "section", "p"):
        return False
    names = " ".join(tag.get("class") or ())
    return (_NOTICE.search(names) is not None and len(tag.get_text()) < 1500) or tag.get(
        "role"
    ) in ("alert", "note")


def _say_definitions(definitions: Tag) -> None:
    """A list of “term: definition”, the definition with its own tags."""
    made = Tag(name="ul")
    terms: list[str] = []
    for part in definitions.find_all(["dt", "dd"]):
        if part.find_parent("dl") is not definitions:
            continue
        if part.name == "dt":
            terms.append(text_of(part).rstrip(":"))
            continue
        item = Tag(name="li")
        if terms:
            item.append(NavigableString(" / ".join(terms) + ": "))
            terms = []
        for child in list(part.contents):
            if isinstance(child, Tag) and child.name in ("p", "div"):
                child.name = "span"
            item.append(child.extract())
        made.append(item)
    definitions.replace_with(made)


def _say_table(table: Tag) -> None:
    """Data becomes a list; a table that only places blocks side by side becomes those blocks."""
    cells = [list(row.find_all(["td", "th"], recursive=False)) for row in table.find_all("tr")]
    places_blocks = any(
        cell.find(["ul", "ol", "h1", "h2", "h3", "h4", "blockquote", "pre"])
        for row in cells
        for cell in row
    )
    if places_blocks or max((len(row) for row in cells), default=0) < 2:
        for part in [
            table,
            *table.find_all(["thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup"]),
        ]:
            part.name = "div"
        return
    has_header = bool(cells) and all(cell.name == "th" for cell in cells[0])
    made = Tag(name="ul")
    spread = [[text_of(cell) for cell in row] for row in _filled(cells)]
    for line in table_lines(spread, has_header=has_header):
        item = Tag(name="li")
        item.append(NavigableString(line.removeprefix("- ")))
        made.append(item)
    caption = table.find("caption")
    if isinstance(caption, Tag) and text_of(caption):
        heading = Tag(name="p")
        heading.append(NavigableString(text_of(caption)))
        table.insert_before(heading)
    table.replace_with(made)


def _filled(cells: list[list[Tag]]) -> list[list[Tag]]:
    """Rows in which a cell that spans several rows or columns stands in each of them."""
    grid: list[list[Tag]] = []
    below: dict[int, tuple[Tag, int]] = {}
    for row in cells:
        filled: list[Tag] = []
        waiting = list(row)
        while waiting or len(filled) in below:
            if len(filled) in below:
                cell, left = below.pop(len(filled))
                if left > 1:
                    below[len(filled)] = (cell, left - 1)
                filled.append(cell)
                continue
            cell = waiting.pop(0)
            for _ in range(_span(cell, "colspan")):
                if _span(cell, "rowspan") > 1:
                    below[len(filled)] = (cell, _span(cell, "rowspan") - 1)
                filled.append(cell)
        grid.append(filled)
    return grid


def _span(cell: Tag, name: str) -> int:
    value = cell.get(name)
    number = whole_number(value) if isinstance(value, str) else None
    return min(max(number or 1, 1), 50)
