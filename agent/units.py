"""Cuts a passage into what is said whole or not at all: sentences, lists, notices, each under its heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from agent.plain_text import plain_text
from agent.warnings import is_labelled, warns
from domain.turns import Passage
from domain.words import flatten, sentences

_BULLET = re.compile(r"^\s*[-*•]\s+")
_LIST_ITEM = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_HEADING = re.compile(r"^#{1,6}\s+\S")
_QUOTE = re.compile(r"^\s*>")
_BROKEN = "\N{REPLACEMENT CHARACTER}"
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, a notice, or a list with the sentence that introduces it; `section` is the heading above it.

    `is_binding` means that nothing of its section is said without it, and nothing of the article if the section
    has no name.
    """

    text: str
    is_list: bool = False
    starts_paragraph: bool = False
    section: str = ""
    is_binding: bool = False


def units_of(passage: Passage) -> list[Unit]:
    """The units of a passage, as plain words; those with broken characters are left out."""
    units: list[Unit] = []
    section = (
        "" if flatten(passage.section) == flatten(passage.title) else plain_text(passage.section)
    )
    for heading, block in _blocks(passage.text):
        if heading is not None:
            section = "" if flatten(heading) == flatten(passage.title) else plain_text(heading)
        elif _QUOTE.match(block):
            text = plain_text(block).strip()
            units.append(Unit(text, is_list=True, section=section, is_binding=True))
        else:
            made = _prose_units(plain_text(block), passage.title)
            units += [replace(unit, section=section) for unit in made]
    bound = _bind(units)
    return [unit for unit in bound if _WORD.search(unit.text) and _BROKEN not in unit.text]


def _blocks(text: str) -> list[tuple[str | None, str]]:
    """(heading, "") or (None, block) in order: a notice is a block, and so is what stands between."""
    blocks: list[tuple[str | None, str]] = []
    held: list[str] = []
    in_quote = in_code = False

    def close() -> None:
        if any(line.strip() for line in held):
            blocks.append((None, "\n".join(held)))
        held.clear()

    for line in text.split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            in_code = not in_code
        if not in_code and _HEADING.match(line):
            close()
            blocks.append((line, ""))
            in_quote = False
            continue
        if not in_code and bool(_QUOTE.match(line)) != in_quote:
            close()
            in_quote = not in_quote
        held.append(line)
    close()
    return blocks


def _prose_units(text: str, title: str) -> list[Unit]:
    units: list[Unit] = []
    held: list[str] = []
    is_fresh_paragraph = True

    def close_list() -> None:
        if held:
            if units and units[-1].text.rstrip().endswith(":"):
                units.append(Unit(units.pop().text + "\n" + "\n".join(held), True, True))
            elif all(_BULLET.match(line) for line in held):
                # Points that nothing introduces stand each for itself; steps belong together.
                units.extend(Unit(line, True, False) for line in held)
            else:
                units.append(Unit("\n".join(held), True, True))
            held.clear()

    for line in text.strip().split("\n"):
        if not line.strip():
            is_fresh_paragraph = True
        elif _LIST_ITEM.match(line) or (held and line[:1].isspace()):
            held.append(line.rstrip())
        else:
            close_list()
            for sentence in _whole_quotes(sentences(line)):
                if flatten(sentence) != flatten(title):
                    units.append(Unit(sentence, False, is_fresh_paragraph))
                is_fresh_paragraph = False
    close_list()
    return units


def _whole_quotes(parts: list[str]) -> Iterator[str]:
    """Yield the sentences of a line; those of one quotation stay together, if it ends."""
    held: list[str] = []
    for part in parts:
        held.append(part)
        if _is_closed(" ".join(held)):
            yield " ".join(held)
            held = []
    yield from held


def _is_closed(text: str) -> bool:
    if "„" in text:
        return text.count("„") <= text.count("“")
    return text.count('"') % 2 == 0 and text.count("“") <= text.count("”")


def _bind(units: list[Unit]) -> list[Unit]:
    """Mark what belongs to the steps of its section: labelled warnings, and warnings and conditions above the steps."""
    bound: list[Unit] = []
    with_steps: set[str] = set()  # Sections of which steps stand further below.
    for unit in reversed(units):
        is_binding = unit.is_binding or (
            not unit.is_list
            and (is_labelled(unit.text) or (unit.section in with_steps and warns(unit.text)))
        )
        if unit.is_list and not is_binding:
            with_steps.add(unit.section)
        bound.append(replace(unit, is_binding=is_binding))
    return bound[::-1]
