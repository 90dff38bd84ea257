"""Loads named queries from a store's .sql file, each under a `-- name:` line and a line on why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).parent / "sql"
_NAME = re.compile(r"^-- name: *([a-z][a-z0-9_]*) *$")


def parse_queries(text: str, origin: str) -> Mapping[str, str]:
    """Return queries by name, without comments. Raises ValueError for an unnamed, empty or repeated query."""
    bodies: dict[str, list[str]] = {}
    current: list[str] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        named = _NAME.match(line)
        if named is not None:
            if named[1] in bodies:
                raise ValueError(f"{origin}:{number}: query {named[1]} is defined twice")
            current = bodies[named[1]] = []
        elif line.startswith("--") or not line.strip():
            continue
        elif current is None:
            raise ValueError(f"{origin}:{number}: SQL before the first `-- name:` line")
        else:
            current.append(line)
    for name, lines in bodies.items():
        if not lines:
            raise ValueError(f"{origin}: query {name} is empty")
    return MappingProxyType({name: "\n".join(lines) for name, lines in bodies.items()})


def load_queries(store: str) -> Mapping[str, str]:
    """Load the queries of database/sql/`store`.sql."""
    path = _FOLDER / f"{store}.sql"
    return parse_queries(path.read_text(encoding="utf-8"), path.name)
