"""Lists texts that cost a careless pattern most, and measures how its time grows with their length."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any

FAMILIES = {
    "blank lines": "\n",
    "spaces": " ",
    "tabs": "\t",
    "carriage returns": "\r\n",
    "at signs": "@",
    "opening angles": "<",
    "closing angles": ">",
    "quoted lines": ">>>> \n",
    "opening parentheses": "(",
    "closing brackets": "]",
    "opening brackets": "[",
    "stars": "*",
    "underscores": "_",
    "backticks": "`",
    "pipes": "|",
    "dots": ".",
    "dashes": "-",
    "digits": "0",
    "one letter": "a",
    "two cases": "aA",
    "single letters": "a ",
    "letters and dots": "a.",
    "letters and dashes": "a-",
    "letters and at signs": "a@",
    "combining marks": "\u0301\u0323",
    "zero width": "\u200b",
    "nested tags": "<b>",
    "unclosed tags": "<a ",
    "table cells": "<td>x",
    "comments": "<!--",
    "addresses": "http://",
    "links": "[a](http://",
    "commas": ",",
    "quotes": '"',
    "fences": "```\n",
    "hashes": "#",
    "encoded words": "=?utf-8?q?a?= ",
    "negated words": "not good but ",
    "abbreviations": "e.g. ",
    "signatures": "--\nx\n",
    "device lines": "hi\n\nSent from my phone\n\n",
    "attributions": "On 1 May 2026 10:10, A <a@b.c> wrote:\n> x\n",
    "quoted headers": "From: x\nTo: y\n",
    "mixed": "Hi a@b.c <d> (e) [f] *g* ",
}
ENDS = ("\n\x00!", "x")
"""What follows the repeats: a pattern costs most where it fails at last."""
SIZES = (1_000, 20_000)
MOST_GROWTH = 1.5
"""How much faster than the text the time may grow from the first size to the second.

Measured over 20 times the text, a quadratic part shows from a 30th of a linear function's time at the first size.
"""
_NOISE_S = 0.002
_NEGLIGIBLE_S = 10e-6
"""At the first size: squared, it takes 4 ms at the second one."""
_CHARACTERS = " \n\ta0A.-_@<>()[]*`|,:;!?\"'/\\#>+=&%$~^{}é日\u0301\u200b\x00\r7zZ"
_SINGLE = {_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY}
_REPEAT = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}
_LONG_REPEAT = 64
_UNITS_A_REPEAT = 3
"""Characters of a class that are tried: blanks, a letter and a digit come first."""


def find_excess(
    work: Callable[[str], object],
    make: Callable[[int], str],
    sizes: tuple[int, int] = SIZES,
) -> str | None:
    """Say how much more time the longer text took than it may; None where it took no more.

    CPU time of this thread; what looks excessive is measured again, and the least of each counts.
    """
    short, long = (make(size) for size in sizes)
    may_grow = MOST_GROWTH * sizes[1] / sizes[0]
    before = min(_seconds(work, short) for _ in range(2))
    if before <= _NEGLIGIBLE_S:
        return None
    now = _seconds(work, long)
    for _ in range(4):
        if now <= may_grow * before + _NOISE_S:
            return None
        before = min(before, _seconds(work, short))
        now = min(now, _seconds(work, long))
    return f"{sizes[1]} characters: {now:.3f} s, {sizes[0]} of them: {before:.6f} s"


def _seconds(work: Callable[[str], object], text: str) -> float:
    started = time.thread_time()
    work(text)
    return time.thread_time() - started


def repeated(start: str, unit: str, end: str) -> Callable[[int], str]:
    return lambda size: start + unit * (size // len(unit)) + end


def attacks_on(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str]]:
    """(start, unit to repeat): the families, and what each long repeat in the pattern itself takes."""
    text = (
        pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    )
    flags = pattern.flags if isinstance(pattern.pattern, str) else pattern.flags & ~re.UNICODE
    parsed = _parser.parse(text, flags)
    own = chain.from_iterable(
        ((before, unit), ("", before + unit), ("", unit))
        for before, unit in _Reader(parsed.state, flags).repeats(parsed, "")
    )
    yield from dict.fromkeys(chain((("", unit) for unit in FAMILIES.values()), own))


class _Reader:
    """Reads a parsed pattern for texts that it takes."""

    def __init__(self, state: Any, flags: int) -> None:
        self._state = state
        self._flags = flags & ~re.DEBUG

    def repeats(self, items: Iterable[Any], before: str) -> Iterator[tuple[str, str]]:
        """(a text that leads to it, one round of it) of each repeat without a low maximum."""
        for code, value in items:
            for inner in _inner(code, value):
                yield from self.repeats(inner, before)
            if code in _REPEAT and value[1] >= _LONG_REPEAT:
                for unit in self._rounds(value[2]):
                    yield before, unit
            before += self._shortest([(code, value)])

    def _rounds(self, body: Any) -> Iterator[str]:
        if len(body) == 1 and body[0][0] in _SINGLE:
            yield from islice(self._taken(body[0]), _UNITS_A_REPEAT)
        elif unit := self._shortest(body):
            yield unit

    def _shortest(self, items: Iterable[Any]) -> str:
        found = ""
        for code, value in items:
            if code is _constants.LITERAL:
                found += chr(value)
            elif code in _SINGLE:
                found += next(self._taken((code, value)), "a")
            elif code in _REPEAT:
                found += self._shortest(value[2]) * value[0]
            elif code not in (_constants.ASSERT, _constants.ASSERT_NOT):
                found += next((self._shortest(inner) for inner in _inner(code, value)), "")
        return found

    def _taken(self, item: Any) -> Iterator[str]:
        single = _compiler.compile(_parser.SubPattern(self._state, [item]), self._flags)
        return (character for character in _CHARACTERS if single.fullmatch(character))


def _inner(code: Any, value: Any) -> list[Any]:
    if code is _constants.BRANCH:
        return list(value[1])
    if code is _constants.SUBPATTERN:
        return [value[3]]
    if code is _constants.ATOMIC_GROUP:
        return [value]
    if code in (_constants.ASSERT, _constants.ASSERT_NOT):
        return [value[1]]
    return [value[2]] if code in _REPEAT else []
