"""Reads the rows of CSV files as articles, whatever language their header is in."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

_NAMES = {
    "title": (
        "question q title subject name heading headline frage titel betreff thema überschrift uberschrift ueberschrift "
        "question titre sujet intitulé pregunta título titulo asunto tema domanda titolo oggetto vraag onderwerp kop"
    ),
    "text": (
        "answer a text content body article description solution reply response html antwort inhalt lösung losung "
        "loesung beschreibung artikel réponse reponse contenu texte respuesta contenido texto cuerpo solución "
        "risposta contenuto testo antwoord inhoud tekst oplossing"
    ),
    "category": (
        "category section topic folder group collection kategorie rubrik bereich thema ordner catégorie categorie "
        "rubrique thème categoría categoria sección seccion sezione rubriek"
    ),
    "url": "url link href permalink address webaddress adresse lien enlace dirección indirizzo webadres",
    "language": "language lang locale sprache langue idioma lengua lingua taal",
    "expires_at": "expires expiry validuntil gueltigbis gültigbis ablaufdatum caduca expire scadenza verlooptop",
    "status": "status state statut estado stato",
    "draft": "draft entwurf",
    "published": "published veröffentlicht publié publicado",
    "is_whole": "whole",
}
_FIELDS = {name: field for field, names in reversed(_NAMES.items()) for name in names.split()}
_LONGEST_NAME = 60
_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 40
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `number` counts as a spreadsheet does. `is_torn` means that it has more cells than the header."""

    number: int
    fields: dict[str, str]
    is_torn: bool = False


def read_rows(text: str) -> tuple[list[Row], dict[str, str]]:
    """Return the rows by an article's fields, and the column that each field was read from.

    Columns are known by their name in one of six languages, else by what they hold: answers are the longest
    texts, questions the shorter ones that differ from row to row.

    Raises:
        ValueError: It is no table, or has no two columns of text.
    """
    csv.field_size_limit(16 * 1024**2)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=_delimiter(text))]
    except csv.Error as error:
        raise ValueError(f"it is no CSV file: {error}") from error
    numbered = [
        (number, row)
        for number, row in enumerate(rows, start=1)
        if any(cell.strip() for cell in row)
    ]
    if not numbered:
        raise ValueError("it is empty")
    header = [cell.strip() for cell in numbered[0][1]]
    columns = _by_name(header)
    has_header = bool(columns) or not _looks_like_data(header, [row for _, row in numbered[1:]])
    data = numbered[1:] if has_header else numbered
    _add_by_content(columns, [row for _, row in data], len(header))
    if "title" not in columns or "text" not in columns:
        raise ValueError(
            "no two of its columns look like questions and answers:"
            f" {', '.join(cell for cell in header if cell)[:200]}"
        )
    named = {
        field: (header[at] or f"column {at + 1}") if has_header else f"column {at + 1}"
        for field, at in columns.items()
    }
    found = [
        Row(
            number,
            {field: row[at].strip() if at < len(row) else "" for field, at in columns.items()},
            any(row[len(header) :]),
        )
        for number, row in data
    ]
    return found, named


def _delimiter(text: str) -> str:
    """The sign that cuts the most rows into the same number of cells, at least two."""

    def consistency(delimiter: str) -> tuple[float, int]:
        try:
            reader = csv.reader(io.StringIO(text), delimiter=delimiter)
            sizes = [
                len(row) for row, _ in zip(reader, range(_SAMPLE_ROWS), strict=False) if any(row)
            ]
        except csv.Error:
            return 0.0, 0
        if not sizes or sizes[0] < 2:
            return 0.0, 0
        return sum(size == sizes[0] for size in sizes) / len(sizes), sizes[0]

    return max(_DELIMITERS, key=consistency)


def _by_name(header: Sequence[str]) -> dict[str, int]:
    """Fields by whole names first, then by words within names that point to one field and one column."""
    columns: dict[str, int] = {}
    names = [
        _WORD.findall(name.casefold()) if len(name) <= _LONGEST_NAME else [] for name in header
    ]
    for at, words in enumerate(names):
        field = _field("".join(words))
        if field is not None:
            columns.setdefault(field, at)
    hinted: dict[str, list[int]] = defaultdict(list)
    for at, words in enumerate(names):
        fields = {field for field in map(_field, words) if field is not None}
        if at not in columns.values() and len(fields) == 1:
            hinted[fields.pop()].append(at)
    for field, places in hinted.items():
        if field not in columns and len(places) == 1:
            columns[field] = places[0]
    return columns


def by_field(fields: Mapping[str, str]) -> dict[str, str]:
    """Return named values by an article's fields; names that mean none keep their own."""
    found = {_field(name.casefold()) or name: value for name, value in fields.items()}
    return {**found, **{name: value for name, value in fields.items() if name in _NAMES}}


def _field(word: str) -> str | None:
    return _FIELDS.get(word) or _FIELDS.get(word.removesuffix("s"))


def _looks_like_data(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is as long as the others, or asks or states something."""
    if any(cell.endswith(("?", ".", "!")) or len(cell) > 60 for cell in header):
        return True
    return not rows


def _add_by_content(columns: dict[str, int], rows: Sequence[Sequence[str]], width: int) -> None:
    def cells(at: int) -> list[str]:
        return [row[at].strip() for row in rows if at < len(row) and row[at].strip()]

    free = [at for at in range(width) if at not in columns.values() and cells(at)]
    if "text" not in columns and free:
        best = max(free, key=lambda at: mean(map(len, cells(at))))
        if mean(map(len, cells(best))) >= 15:
            columns["text"] = best
            free.remove(best)
    if "title" not in columns:
        fit = [
            at
            for at in free
            if 4 <= mean(map(len, cells(at))) <= 200 and any(" " in cell for cell in cells(at))
        ]
        if fit:
            columns["title"] = max(fit, key=lambda at: _likeness_to_questions(cells(at)))


def _likeness_to_questions(cells: Sequence[str]) -> float:
    asked = sum(cell.rstrip().endswith("?") for cell in cells) / len(cells)
    return asked + len(set(cells)) / len(cells) + min(mean(map(len, cells)), 60) / 100
