# ruff: noqa: E501
"""Reads the guardrails' phrases, one file a class and language, and defines what negates them."""

from __future__ import annotations

import re
from pathlib import Path

from domain.tickets import EscalationReason as Reason

CLASSES = (Reason.PRICING, Reason.REFUND, Reason.LEGAL, Reason.HUMAN_REQUEST)
_FOLDER = Path(__file__).parent / "phrases"
_SECTIONS = ("decides", "hints", "harmless")
_PIECE = re.compile(r"<<(\w+)>>")
_PLAIN_WORDS = re.compile(r"[\w' -]+")


def read_phrases(folder: Path, reason: Reason) -> dict[str, tuple[str, ...]]:
    """Return a class's regular expressions in every language, by section, English first.

    Raises ValueError, which names the file and line.
    """
    pieces: dict[str, str] = {}
    for _, line in _lines(folder / "pieces.txt"):
        name, _, piece = line.partition(" = ")
        pieces[name] = _filled(piece, pieces)
    phrases: dict[str, list[str]] = {section: [] for section in _SECTIONS}
    files = folder.glob(f"{reason.value}.*.txt")
    for file in sorted(files, key=lambda path: (".en." not in path.name, path.name)):
        section = ""
        for number, line in _lines(file):
            if line.startswith("["):
                section = line.strip("[]")
                continue
            try:
                phrases[section].append(_expression(line, pieces))
            except (KeyError, re.error) as error:
                raise ValueError(f"{file.name}, line {number}: {line[:60]!r}: {error}") from error
    return {section: tuple(lines) for section, lines in phrases.items()}


def _lines(file: Path) -> list[tuple[int, str]]:
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
    return [(number, line.strip()) for number, line in lines if line.strip()[:1] not in ("", "#")]


def _expression(line: str, pieces: dict[str, str]) -> str:
    expression = rf"\b{line}\b" if _PLAIN_WORDS.fullmatch(line) else _filled(line, pieces)
    re.compile(expression)
    return expression


def _filled(line: str, pieces: dict[str, str]) -> str:
    return _PIECE.sub(lambda piece: pieces[piece[1]], line)


PHRASES = {reason: read_phrases(_FOLDER, reason) for reason in CLASSES}

_DETERMINERS = (
    r"(?: (?:a|an|any|the|my|your|our|to|ask|asking|for|get|request|requesting|be|being|have|having|some|kind|of|another|full|partial|about"
    r"|it|really|actually|you|me|take|taking|make|making|going|go|necessarily|currently|know|hear|discuss|talk|complaining|need|want|file|threatening|threaten|threat|escalate|this|with|involve|claim|demand))*\s*$"
)
_NOT_WANTED = (
    r"\b(?:do|does|did|would|'d|will|'ll|am|'m|is|was|are|were|have|has)? ?(?:not|never) (?:really |actually |currently |even )?(?:be )?(?:ask\w*|looking|want\w*|need\w*|request\w*|seek\w*|after|interested in|here for|about|demand\w*|like|require|care about|wish|mean|trying|planning|plan|intend\w*|going|saying|said|threaten\w*|worried about|complaining|concerned about|mention\w*|suggest\w*)"
    r"|\bno (?:need|interest in|wish|intention|plans?|desire|request)|\bwithout (?:wanting|needing|asking)|\b(?:instead of|rather than|other than)|\bneither|\bnot"
)
_NO = r"|\b(?:no|zero) *$"
_FOREIGN_NOT = (
    r"|\bkeine?[nmrs]? (?:\w+ )?$|\b(?:will|möchte|moechte|brauche|verlange|wünsche)\b.{0,25}\bnicht (?:\w+ )?$|\b(?:no|ni|sin|tampoco) (?:quiero|necesito|pido|busco|estoy pidiendo|hace falta|deseo)? ?(?:ning[uú]n|ninguna|un|una|el|la|que|me)* *$"
    r"|\b(?:ne|n')\b.{0,18}\bpas (?:\w+ )?(?:de|d'|un|une|le|la|du|à|être)* *$|\bsans\b *$|\bohne\b *$|\bpas (?:de|besoin d[e'])* *$"
)

NEGATIONS: dict[Reason, tuple[str, ...]] = {
    reason: (
        rf"(?:{_NOT_WANTED}){_DETERMINERS}{_NO if reason is not Reason.HUMAN_REQUEST else ''}{_FOREIGN_NOT}",
    )
    for reason in CLASSES
}
