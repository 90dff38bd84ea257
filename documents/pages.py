"""Reads saved web pages: the article's own text, its title, link, language and category."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import trafilatura
from bs4 import BeautifulSoup
from bs4.element import Tag

from documents.markup import parse, prepare, text_of, to_markdown, unfold
from documents.tidying import tidy
from domain.documents import ReadArticle

_FURNITURE_TAGS = ("nav", "footer", "form", "aside")
_FURNITURE_ROLES = frozenset(
    (
        "navigation",
        "search",
        "banner",
        "contentinfo",
        "complementary",
        "dialog",
        "alertdialog",
        "menu",
        "menubar",
    )
)
_FURNITURE_NAMES = re.compile(
    r"(?:^|[-_ ])(?:breadcrumbs?|cookies?|consent|onetrust|cookiebanner|toc|related|relatives|votes?|voting|feedback|"
    r"share|sharing|sharedaddy|pagination|comments?|reactions?|attachments|author|byline|entry-meta|article-meta|"
    r"page-metadata|posted-on|labels|likes|skip-links?|sidebar|page-tree|sr-only)(?:$|[-_ ])",
    re.IGNORECASE,
)
_BLOCKS = (
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "p",
    "li",
    "pre",
    "blockquote",
    "dt",
    "dd",
    "td",
    "th",
    "div",
    "section",
)
_CONTENT_NAMES = re.compile(
    r"(?:^|[-_ ])(?:article|entry|post|wiki|docs?)[-_ ]?_?(?:body|content)(?:$|[-_ ])",
    re.IGNORECASE,
)
_OUTER = frozenset(("html", "body", "main", "article", "[document]"))
_LONG_ENOUGH = 12
_SHARE_OF_MAIN = 0.5
_LINKS_OF_AN_INDEX = 4
_SHARE_OF_LINKS = 0.8
_SITE = re.compile(r"\s+(?:[|–—·:»]|-)\s+")
_OUTDATED = re.compile(
    r"(?:^|[-_ ])(?:deprecated|outdated|obsolete|archived|status-archived)(?:$|[-_ ])",
    re.IGNORECASE,
)


def read_page(text: str, fallback_title: str) -> ReadArticle:
    """Read one page.

    Raises:
        ValueError: It holds links alone, or is nested too deep.
    """
    soup = parse(text)
    url, language = _url(soup), _language(soup)
    category = _content(soup, "name", "category") or _content(soup, "property", "article:section")
    description = _content(soup, "name", "description")
    is_outdated = _is_outdated(soup)
    title = _title(soup) or fallback_title
    unfold(soup)
    _remove_furniture(soup)
    prepare(soup)
    is_empty = _has_empty_content(soup)
    root = _main_content(soup)
    for heading in root.find_all(["h1", "h2"]):
        if text_of(heading).casefold() == title.casefold():
            heading.decompose()
            break
    if _is_index(root):
        raise ValueError("it holds links to other pages and no text")
    body = tidy(to_markdown(root))
    if is_empty or (description and _flat(body) == _flat(description)):
        body = ""  # Only a summary or what surrounds an article is left.
    return ReadArticle(title, body, category or "general", url, language, is_outdated=is_outdated)


def _main_content(soup: BeautifulSoup) -> Tag:
    """The smallest element that holds the article, without the blocks that trafilatura takes for furniture.

    Its own output loses what steps, tables and notices are, so it decides and the page's tags stay.
    """
    main = soup.find("article") or soup.find("main") or soup.find(role="main") or soup.body or soup
    assert isinstance(main, Tag)
    found = trafilatura.bare_extraction(
        str(soup),
        include_comments=False,
        include_tables=True,
        include_formatting=False,
        favor_precision=True,
    )
    extracted = getattr(found, "body", None)
    kept = {_flat(line) for line in _lines(extracted)} if extracted is not None else set()
    size = len(_flat(main.get_text(" ")))
    if sum(map(len, kept)) < _SHARE_OF_MAIN * size:
        return main
    blocks = [block for block in (soup.body or soup).find_all(_BLOCKS) if _is_leaf(block)]
    counts = Counter(_flat(block.get_text(" ")) for block in blocks)
    certain = [
        block
        for block in blocks
        if len(flat := _flat(block.get_text(" "))) >= _LONG_ENOUGH
        and flat in kept
        and counts[flat] == 1
    ]
    if not certain:
        return main
    root = _common_parent(certain)
    for block in root.find_all(_BLOCKS):
        if not block.decomposed and _is_leaf(block) and _flat(block.get_text(" ")) not in kept:
            block.decompose()
    return root


def _has_empty_content(soup: BeautifulSoup) -> bool:
    """Whether a page names the place of its article's text, and nothing stands there."""
    places = [tag for tag in soup.find_all(True) if _CONTENT_NAMES.search(_names(tag))]
    return bool(places) and not any(tag.get_text(strip=True) for tag in places)


def _names(tag: Tag) -> str:
    return " ".join([*(tag.get("class") or ()), str(tag.get("id") or "")])


def _is_index(root: Tag) -> bool:
    """Whether nearly all words of a page are links, as on the page of a category."""
    links = sum(len(_flat(link.get_text())) for link in root.find_all("a", href=True))
    return len(
        root.find_all("a", href=True)
    ) >= _LINKS_OF_AN_INDEX and links > _SHARE_OF_LINKS * len(_flat(root.get_text(" ")))


def _is_leaf(block: Tag) -> bool:
    """Whether a block holds words and no other block."""
    return block.find(_BLOCKS) is None and bool(block.get_text(strip=True))


def _lines(body: Element) -> Iterator[str]:
    """Texts of the innermost blocks, and of those around them without the inner ones."""
    for element in body.iter():
        if isinstance(element.tag, str) and element.tag in (
            "p",
            "head",
            "item",
            "cell",
            "quote",
            "code",
            "fw",
            "ab",
            "div",
        ):
            yield " ".join(element.itertext())
            yield element.text or ""


def _flat(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _common_parent(blocks: list[Tag]) -> Tag:
    first, *others = blocks
    for parent in first.parents:
        if all(any(parent is above for above in other.parents) for other in others):
            if parent.name in ("ul", "ol", "li", "blockquote"):
                continue
            return parent
    return first


def _remove_furniture(soup: BeautifulSoup) -> None:
    for tag in soup.find_all(True):
        if tag.decomposed or tag.name in _OUTER:
            continue
        roles = tag.get("role")
        names = _names(tag)
        is_page_header = tag.name == "header" and tag.find("h1") is None
        is_furniture = (
            tag.name in _FURNITURE_TAGS
            or is_page_header
            or (isinstance(roles, str) and roles in _FURNITURE_ROLES)
            or (_FURNITURE_NAMES.search(names) is not None and not tag.find(["article", "main"]))
        )
        if is_furniture and (tag.find("h1") is None or tag.name in ("form", "aside")):
            tag.decompose()


def _title(soup: BeautifulSoup) -> str:
    """The heading that the page's own title begins with, else the first heading of its content, else that title."""
    named = _content(soup, "property", "og:title") or text_of(soup.find("title"))
    main = soup.find("article") or soup.find("main")
    headings = [
        *(main.find_all("h1") if isinstance(main, Tag) else ()),
        *soup.find_all(["h1", "h2"]),
    ]
    texts = [_heading(heading) for heading in headings]
    for text in texts:
        if text and named.casefold().startswith(text.casefold()):
            return text
    first = soup.find("h1")
    if isinstance(first, Tag) and _heading(first):
        return _heading(first)
    return _SITE.split(named)[0].strip()


def _heading(tag: Tag) -> str:
    """The words of a heading without the buttons in it."""
    for button in tag.find_all(["button", "svg"]):
        button.decompose()
    for link in tag.find_all("a"):
        names = " ".join(link.get("class") or ())
        if "print" in names or "anchor" in names or text_of(link) in ("#", "¶", "§"):
            link.decompose()
    return text_of(tag)


def _url(soup: BeautifulSoup) -> str | None:
    for link in soup.find_all("link", href=True):
        if "canonical" in (link.get("rel") or ()):
            return web_address(str(link["href"]))
    return web_address(_content(soup, "property", "og:url"))


def web_address(text: str) -> str | None:
    """An absolute http(s) address, or None."""
    text = text.strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return (
        text if parts.scheme in ("http", "https") and parts.hostname and len(text) <= 2000 else None
    )


def _language(soup: BeautifulSoup) -> str | None:
    declared = soup.html.get("lang") if soup.html else None
    return language_code(str(declared or _content(soup, "http-equiv", "content-language")))


def language_code(text: str) -> str | None:
    """The language of a tag such as `de-CH`, or None if it is none."""
    found = re.match(r"\s*([a-zA-Z]{2,3})(?:[-_].*)?\s*$", text)
    return found.group(1).lower() if found else None


def _is_outdated(soup: BeautifulSoup) -> bool:
    robots = soup.find(
        "meta", attrs={"name": re.compile("^(?:status|article:status)$", re.IGNORECASE)}
    )
    if isinstance(robots, Tag) and _OUTDATED.search(str(robots.get("content") or "")):
        return True
    return any(
        _OUTDATED.search(" ".join(tag.get("class") or ()))
        for tag in soup.find_all(["body", "article", "main"])
    )


def _content(soup: BeautifulSoup, attribute: str, name: str) -> str:
    tag = soup.find("meta", attrs={attribute: re.compile(f"^{re.escape(name)}$", re.IGNORECASE)})
    return " ".join(str(tag.get("content") or "").split()) if isinstance(tag, Tag) else ""
