"""Reads PDF and Word files as Markdown."""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections import Counter
from dataclasses import dataclass

import mammoth
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from documents.markup import parse, prepare, to_markdown
from documents.tidying import tidy

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # It prints what a file lacks; we name it.

MAX_PAGES = 500
MAX_UNPACKED_BYTES = 200 * 1024**2
_HEADING_FACTOR = 1.15
_LONGEST_HEADING = 120
_BULLET = re.compile(r"^\s*[•◦▪‣●○■–·]\s*")
_ITEM = re.compile(r"^\s*(?:[-*]|\d{1,2}[.)])\s+")
_PAGE_NUMBER = re.compile(
    r"^\W*(?:page|seite|página|pagina|p\.)?\s*\d{1,4}\s*(?:(?:of|von|de|di|van|/)\s*\d{1,4})?\W*$",
    re.IGNORECASE,
)
_SHARE_OF_PAGES = 0.6
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Titel'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"


@dataclass(slots=True)
class _Line:
    text: str
    size: float
    is_bold: bool
    gap: float
    """To the line above, in heights of a line."""


def read_pdf(content: bytes) -> tuple[str, str]:
    """Return title ("" if it has none) and Markdown.

    Raises:
        ValueError: It is encrypted, damaged, too long, or holds pictures alone.
    """
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ValueError("it is protected by a password")
        if len(reader.pages) > MAX_PAGES:
            raise ValueError(f"it has more than {MAX_PAGES} pages")
        pages = [_lines(page) for page in reader.pages]
        named = str((reader.metadata.title if reader.metadata else None) or "").strip()
    except (
        PyPdfError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        OSError,
        RecursionError,
    ) as error:
        raise ValueError("it is damaged or no PDF file") from error
    lines = _without_running_heads(pages)
    if not any(line.text for line in lines):
        raise ValueError("it holds no text, only pictures")
    return _pdf_markdown(lines, named)


def read_docx(content: bytes) -> tuple[str, str]:
    """Return title ("" if it has none) and Markdown. Raises ValueError if it is damaged or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise ValueError("it unpacks to too much")
        converted = mammoth.convert_to_html(
            io.BytesIO(content),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda _image: {"src": ""}),
        )
    except (zipfile.BadZipFile, KeyError, OSError, AttributeError, TypeError) as error:
        raise ValueError("it is damaged or no Word file") from error
    soup = parse(converted.value)
    prepare(soup)
    heading = soup.find("h1")
    title = " ".join(heading.get_text(" ").split()) if heading is not None else ""
    if heading is not None:
        heading.decompose()
    return title, tidy(to_markdown(soup))


def _lines(page: object) -> list[_Line]:
    """A page's lines with the size of most of their letters."""
    pieces: list[tuple[str, float, bool, float]] = []

    def visit(
        text: str, cm: list[float], tm: list[float], font: dict[str, object] | None, size: float
    ) -> None:
        scale = abs(tm[3] or tm[0] or 1.0) * abs(cm[3] or cm[0] or 1.0)
        is_bold = "bold" in str((font or {}).get("/BaseFont", "")).lower()
        pieces.append((text, size * scale, is_bold, tm[5] * (cm[3] or 1.0) + cm[5]))

    page.extract_text(visitor_text=visit)  # type: ignore[attr-defined]
    lines: list[_Line] = []
    held: list[tuple[str, float, bool, float]] = []
    last_y: float | None = None

    def close() -> None:
        nonlocal last_y
        text = " ".join("".join(piece[0] for piece in held).split())
        if text:
            words = [piece for piece in held if piece[0].strip()]
            _, size, _, y = max(words, key=lambda piece: len(piece[0]))
            gap = (last_y - y) / (size or 1.0) if last_y is not None else 9.0
            lines.append(_Line(text, round(size, 1), all(piece[2] for piece in words), gap))
            last_y = y
        held.clear()

    for text, size, is_bold, y in pieces:
        first, *others = text.split("\n")
        held.append((first, size, is_bold, y))
        for other in others:
            close()
            held.append((other, size, is_bold, y))
    close()
    return lines


def _without_running_heads(pages: list[list[_Line]]) -> list[_Line]:
    """Lines without page numbers and without what stands at the top or the end of most pages."""
    edges = Counter(
        re.sub(r"\d+", "#", line.text)
        for page in pages
        for line in {id(line): line for line in [*page[:2], *page[-2:]]}.values()
    )
    repeated = {
        text for text, count in edges.items() if count >= max(2, _SHARE_OF_PAGES * len(pages))
    }
    return [
        line
        for page in pages
        for line in page
        if not _PAGE_NUMBER.match(line.text)
        and not (len(pages) > 1 and re.sub(r"\d+", "#", line.text) in repeated)
    ]


def _pdf_markdown(lines: list[_Line], named: str) -> tuple[str, str]:
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    body = letters.most_common(1)[0][0]
    usual_gap = sorted(line.gap for line in lines if 0 < line.gap < 9.0)
    normal = usual_gap[len(usual_gap) // 3] if usual_gap else 1.2
    largest = max(line.size for line in lines)
    title = ""
    said: list[str] = []
    for at, line in enumerate(lines):
        text = _BULLET.sub("- ", line.text)
        is_large = line.size > body * _HEADING_FACTOR
        follows = at + 1 < len(lines)
        is_heading = (
            (is_large or (line.is_bold and line.gap > 1.3 * normal and follows))
            and len(text) <= _LONGEST_HEADING
            and not text.endswith((".", ","))
        )
        if is_large and not title and line.size == largest and not said:
            title = text
        elif is_heading:
            said.append(f"\n#### {text}\n")
        elif _ITEM.match(text) or not said or said[-1].startswith("\n#") or line.gap > 1.4 * normal:
            is_next_item = bool(_ITEM.match(text)) and bool(said) and _ITEM.match(said[-1].strip())
            said.append(text if is_next_item else f"\n{text}")
        elif re.search(r"[a-zäöüß]-$", said[-1]) and text[:1].islower():
            said[-1] = said[-1][:-1] + text
        else:
            said[-1] += f" {text}"
    useful_name = (
        named
        if named
        and not re.search(
            r"\.(?:docx?|pdf|indd|odt)$|^(?:untitled|microsoft word)", named, re.IGNORECASE
        )
        else ""
    )
    return title or useful_name, tidy("\n".join(said))
