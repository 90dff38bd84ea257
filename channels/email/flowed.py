"""Joins the lines of format=flowed text (RFC 3676)."""

from __future__ import annotations

import re

_QUOTE_MARKS = re.compile(r"\A>*")
_SIGNATURE = "-- "


def join_flowed(text: str, deletes_space: bool) -> str:
    """Join lines that end in a blank with the next one of the same quote depth.

    Args:
        text: The decoded body.
        deletes_space: DelSp=yes: the blank is the program's own, as in languages that write none.
    """
    joined: list[tuple[int, list[str]]] = []
    is_open = False
    for line in text.split("\n"):
        depth = len(_QUOTE_MARKS.match(line)[0])  # type: ignore[index]
        words = line[depth:].removeprefix(" ")
        is_flowed = words.endswith(" ") and words != _SIGNATURE
        piece = words[:-1] if is_flowed and deletes_space else words
        if is_open and joined[-1][0] == depth and words != _SIGNATURE:
            joined[-1][1].append(piece)
        else:
            joined.append((depth, [piece]))
        is_open = is_flowed
    return "\n".join(_quoted(depth, "".join(pieces)) for depth, pieces in joined)


def _quoted(depth: int, words: str) -> str:
    return f"{'>' * depth} {words}" if depth else words
