"""Removes from an article's Markdown the lines that belong to its page: votes, shares, dates, ways back."""

from __future__ import annotations

import re
from pathlib import Path

_LONGEST_LINE = 200
_MARKS = re.compile(r"[*_`#>\[\]|]+|^\s*(?:[-+•]|\d{1,2}[.)])\s+")
_THIS = (
    "(?:th(?:is|e) |dieser |diese |dieses |der |die |das |cet(?:te)? |l['’]|est[ea] |el |la |quest[oa] |quest['’]|"
    "dit |deze )?"
)
_PAGE = (
    "(?:page|article|answer|content|information|topic|guide|seite|artikel|beitrag|antwort|inhalt|réponse|contenu|"
    "artículo|página|respuesta|articolo|pagina|risposta|antwoord|onderwerp)"
)
_DATE = (
    r"(?:\w+,? )?(?:\d{1,2}[. ]+(?:de )?[^\W\d]{3,10}\.?,? (?:de )?\d{4}|[^\W\d]{3,10}\.? \d{1,2},? \d{4}|"
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|(?:over |about )?(?:an?|\d+) \w+ ago)"
)


def _patterns() -> dict[str, re.Pattern[str]]:
    """The expressions of furniture.txt by section, each section as one."""
    found: dict[str, list[str]] = {}
    section: list[str] = []
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]") and line[1:-1].isalpha():
            section = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            section.append(
                line.replace("THIS", _THIS).replace("PAGE", _PAGE).replace("DATE", _DATE)
            )
    return {name: re.compile("|".join(lines), re.IGNORECASE) for name, lines in found.items()}


_PATTERNS = _patterns()
_LIST_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s")


def without_furniture(markdown: str) -> str:
    """Return the text without lines that are furniture and nothing else; code blocks stay."""
    kept: list[str] = []
    in_code = in_list = False
    for line in markdown.split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            in_code = not in_code
        bare = " ".join(_MARKS.sub(" ", line).split())
        if in_code or not bare:
            kept.append(line)
        elif len(bare) <= _LONGEST_LINE and _PATTERNS["lists"].fullmatch(bare):
            in_list = True
        elif in_list and _LIST_ITEM.match(line):
            continue
        else:
            in_list = False
            if not _is_furniture(line, bare):
                kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")


def _is_furniture(line: str, bare: str) -> bool:
    if len(bare) > _LONGEST_LINE:
        return False
    if _PATTERNS["lines"].fullmatch(bare):
        return True
    return not line.lstrip().startswith("#") and _PATTERNS["buttons"].fullmatch(bare) is not None
