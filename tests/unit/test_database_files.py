"""Tests named queries, the migrations' file names, and text that PostgreSQL can keep."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import database
from database.migrate import read_migrations
from database.queries import load_queries, number_parameters, parse_queries
from database.text import storable
from domain.errors import ConfigurationError

FOLDER = Path(database.__file__).parent
STORES = sorted(path.stem for path in (FOLDER / "sql").glob("*.sql"))


def test_queries_are_read_by_name_without_their_comments() -> None:
    text = "-- About.\n\n-- name: one\n-- Why.\nSELECT 1\n\n-- name: two\n-- Why.\nSELECT\n    2\n"
    assert parse_queries(text, "x.sql") == {"one": "SELECT 1", "two": "SELECT\n    2"}


def test_parts_are_read_apart_from_queries_and_their_parameters_are_numbered() -> None:
    text = "-- name: one\n-- Why.\nSELECT 1\n\n-- part: two\n-- Why.\na = :a AND b = :b::text AND c = :a\n"
    assert parse_queries(text, "x.sql") == {"one": "SELECT 1"}
    parts = parse_queries(text, "x.sql", "part")
    numbered = number_parameters(parts["two"], {"a": 1, "b": 2, "unused": 3})
    assert numbered == ("a = $1 AND b = $2::text AND c = $1", [1, 2])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("SELECT 1\n", "before the first"),
        ("-- name: one\nSELECT 1\n-- name: one\nSELECT 2\n", "twice"),
        ("-- name: one\n-- Why.\n", "empty"),
    ],
)
def test_a_file_that_is_not_clear_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_queries(text, "x.sql")


@pytest.mark.parametrize("store", STORES)
def test_every_query_says_why_and_is_used(store: str) -> None:
    sql = (FOLDER / "sql" / f"{store}.sql").read_text()
    code = (FOLDER / "stores" / f"{store}.py").read_text()
    for name in load_queries(store):
        assert re.search(rf"^-- name: {name}\n-- \S", sql, re.MULTILINE), name
        is_moved = name.startswith("move_") and "move_{table}" in code
        assert f'"{name}"' in code or is_moved, name


def test_migrations_are_numbered_without_gap(tmp_path: Path) -> None:
    assert [migration.number for migration in read_migrations()] == list(
        range(1, len(read_migrations()) + 1)
    )
    for name in ("0001_a.sql", "0003_c.sql"):
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(ConfigurationError, match="without gap"):
        read_migrations(tmp_path)
    (tmp_path / "2_b.sql").write_text("SELECT 1;")
    with pytest.raises(ConfigurationError, match=r"2_b\.sql is not named"):
        read_migrations(tmp_path)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain, ünïcode 🙂", "plain, ünïcode 🙂"),
        ("a\x00b", "a\ufffdb"),
        ("a\ud83db", "a\ufffdb"),
        ("a\udc00", "a\ufffd"),
        ("\ud83d\ude42", "🙂"),
        ("\ud83d", "\ufffd"),
        ("", ""),
        (None, None),
    ],
)
def test_what_postgresql_refuses_is_replaced(text: str | None, kept: str | None) -> None:
    assert storable(text) == kept
