"""Loads named queries from a store's .sql file, each under a `-- name:` line and a line on why.

A `-- part:` line begins a piece of a query that the store puts together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).parent / "sql"
_HEADING = re.compile(r"^-- (name|part): *([a-z][a-z0-9_]*) *$")
_PARAMETER = re.compile(r"(?<!:):([a-z]+)\b")


def parse_queries(text: str, origin: str, kind: str = "name") -> Mapping[str, str]:
    """Return queries (or parts) by name, without comments.

    Raises:
        ValueError: One is unnamed, empty or repeated.
    """
    bodies: dict[str, list[str]] = {}
    kinds: dict[str, str] = {}
    current: list[str] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        heading = _HEADING.match(line)
        if heading is not None:
            name = heading[2]
            if name in bodies:
                raise ValueError(f"{origin}:{number}: query {name} is defined twice")
            current = bodies[name] = []
            kinds[name] = heading[1]
        elif line.startswith("--") or not line.strip():
            continue
        elif current is None:
            raise ValueError(f"{origin}:{number}: SQL before the first `-- name:` line")
        else:
            current.append(line)
    for name, lines in bodies.items():
        if not lines:
            raise ValueError(f"{origin}: query {name} is empty")
    return MappingProxyType(
        {name: "\n".join(lines) for name, lines in bodies.items() if kinds[name] == kind}
    )


def load_queries(store: str) -> Mapping[str, str]:
    """Load the queries of database/sql/`store`.sql."""
    path = _FOLDER / f"{store}.sql"
    return parse_queries(path.read_text(encoding="utf-8"), path.name)


def load_parts(store: str) -> Mapping[str, str]:
    """Load the parts of database/sql/`store`.sql."""
    path = _FOLDER / f"{store}.sql"
    return parse_queries(path.read_text(encoding="utf-8"), path.name, "part")


def number_parameters(query: str, values: Mapping[str, object]) -> tuple[str, list[object]]:
    """Replace each `:name` of a query by $1, $2, …; return it and the values in that order."""
    used = list(dict.fromkeys(_PARAMETER.findall(query)))
    numbered = _PARAMETER.sub(lambda found: f"${used.index(found[1]) + 1}", query)
    return numbered, [values[name] for name in used]
