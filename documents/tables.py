"""Turns the rows of tables into lines that can be said: “Express – Price: £5.90; Delivery: 1 to 2 days”."""

from __future__ import annotations

import re
from collections.abc import Sequence

_EMPHASIS = re.compile(r"(\*\*|__)(.+?)\1")
_SEPARATOR = re.compile(r"\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?")
_CELL_END = re.compile(r"(?<!\\)\|")


def table_lines(rows: Sequence[Sequence[str]], *, has_header: bool) -> list[str]:
    """Return one list item a row, each with the headings of its columns.

    A table whose first row is not marked as a header has one if each of its cells has words and none a figure.
    """
    cleaned = [[" ".join(cell.split()) for cell in row] for row in rows]
    cleaned = [row for row in cleaned if any(row)]
    if not cleaned:
        return []
    names: Sequence[str] = ()
    if len(cleaned) > 1 and (has_header or _looks_like_header(cleaned[0])):
        names = [_EMPHASIS.sub(r"\2", name).rstrip(":") for name in cleaned[0]]
        cleaned = cleaned[1:]
    return [f"- {_line(row, names)}" for row in cleaned]


def say_tables(markdown: str) -> str:
    """Replace the tables of a Markdown text by their rows as lists; code blocks stay."""
    lines = markdown.split("\n")
    said: list[str] = []
    in_code = False
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.lstrip().startswith(("```", "~~~")):
            in_code = not in_code
        is_table = (
            not in_code
            and "|" in line
            and at + 1 < len(lines)
            and "|" in lines[at + 1]
            and _SEPARATOR.fullmatch(lines[at + 1].strip()) is not None
        )
        if not is_table:
            said.append(line)
            at += 1
            continue
        rows = [_cells(line)]
        at += 2
        while at < len(lines) and "|" in lines[at]:
            rows.append(_cells(lines[at]))
            at += 1
        has_names = any(cell.strip() for cell in rows[0])
        if said and said[-1].strip():
            said.append("")
        said += table_lines(rows if has_names else rows[1:], has_header=has_names)
        if at < len(lines) and lines[at].strip():
            said.append("")
    return "\n".join(said)


def _looks_like_header(row: Sequence[str]) -> bool:
    return len(row) > 1 and all(cell and not re.search(r"\d", cell) for cell in row)


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.replace("\\|", "|").strip() for cell in _CELL_END.split(inner)]


def _line(row: Sequence[str], names: Sequence[str]) -> str:
    first, *others = row
    said = []
    for at, cell in enumerate(others, start=1):
        name = names[at] if at < len(names) else ""
        if cell:
            said.append(f"{name}: {cell}" if name and name.casefold() != cell.casefold() else cell)
    if not said:
        return first
    return f"{first} – {'; '.join(said)}" if first else "; ".join(said)
