"""Tests migrations: whole or not at all, once, and equal to the schema that is kept for reading."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

import database
from database.migrate import Migration, migrate, read_migrations
from domain.errors import ConfigurationError

pytestmark = pytest.mark.postgres
SCHEMA = Path(database.__file__).parent / "schema.sql"

CATALOG = {
    "columns": "SELECT table_name, column_name, udt_name, is_nullable, column_default, is_identity"
    " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes"
    " WHERE schemaname = 'public' ORDER BY 1, 2",
    "triggers": "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger"
    " WHERE NOT tgisinternal ORDER BY 1, 2",
    "functions": "SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p"
    " WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS"
    " (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') ORDER BY 1",
    "enums": "SELECT t.typname, e.enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid"
    " ORDER BY 1, e.enumsortorder",
    "rights": "SELECT table_name, grantee, privilege_type"
    " FROM information_schema.role_table_grants WHERE grantee = 'fte_app' ORDER BY 1, 2, 3",
}


async def read_catalog(url: str) -> dict[str, list[tuple[object, ...]]]:
    connection = await asyncpg.connect(url)
    try:
        return {
            kind: [tuple(row) for row in await connection.fetch(query)]
            for kind, query in CATALOG.items()
        }
    finally:
        await connection.close()


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def test_the_migrated_schema_is_the_one_kept_for_reading(
    database_url: str, empty_database_url: str
) -> None:
    await execute(empty_database_url, SCHEMA.read_text())
    migrated, kept = await read_catalog(database_url), await read_catalog(empty_database_url)
    for kind in CATALOG:
        assert migrated[kind] == kept[kind], kind
        assert migrated[kind], kind


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    before = await read_catalog(database_url)
    assert await migrate(database_url) == []
    assert await read_catalog(database_url) == before


async def test_many_starts_at_once_apply_each_migration_once(empty_database_url: str) -> None:
    applied = await asyncio.gather(*(migrate(empty_database_url) for _ in range(4)))
    names = [name for run in applied for name in run]
    assert len(names) == len(set(names)) == len(read_migrations())


async def test_a_changed_old_migration_is_refused_in_a_sentence(database_url: str) -> None:
    first, *others = read_migrations()
    changed = replace(first, sql=first.sql + "\nSELECT 1;")
    with pytest.raises(ConfigurationError, match=r"0001_.* was changed after it had been applied"):
        await migrate(database_url, [changed, *others])


async def test_a_migration_that_fails_leaves_nothing_and_is_tried_again(
    database_url: str,
) -> None:
    known = read_migrations()
    number = len(known) + 1
    broken = Migration(number, "add_colours", "CREATE TABLE colours (); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(database_url, [*known, broken])
    mended = replace(broken, sql="CREATE TABLE colours ();")
    assert await migrate(database_url, [*known, mended]) == [f"{number:04d}_add_colours"]


async def test_a_newer_database_is_left_as_it_is(database_url: str) -> None:
    assert await migrate(database_url, read_migrations()[:-1]) == []


async def test_tables_of_later_migrations_are_open_to_the_application(database_url: str) -> None:
    known = read_migrations()
    later = Migration(len(known) + 1, "add_colours", "CREATE TABLE colours (name text);")
    await migrate(database_url, [*known, later])
    await execute(database_url, "SET ROLE fte_app; INSERT INTO colours VALUES ('red');")


async def test_the_application_can_change_rows_but_no_table(database_url: str) -> None:
    for forbidden in (
        "CREATE TABLE colours ()",
        "ALTER TABLE messages ADD COLUMN colour text",
        "DROP TABLE messages",
        "TRUNCATE messages",
        "DELETE FROM schema_migrations",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(database_url, f"SET ROLE fte_app; {forbidden};")


async def test_a_server_that_forbids_roles_is_migrated_all_the_same(
    empty_database_url: str,
) -> None:
    """An owner without the right to create roles, where the role is not there yet."""
    role_file = next(
        migration for migration in read_migrations() if migration.name == "application_role"
    )
    renamed = role_file.sql.replace("fte_app", "fte_never_made")
    await execute(
        empty_database_url,
        "CREATE ROLE plain_owner; GRANT ALL ON SCHEMA public TO plain_owner;",
    )
    try:
        await execute(empty_database_url, f"SET ROLE plain_owner; {renamed}")
        connection = await asyncpg.connect(empty_database_url)
        made = await connection.fetchval(
            "SELECT count(*) FROM pg_roles WHERE rolname = 'fte_never_made'"
        )
        await connection.close()
        assert made == 0
    finally:
        await execute(empty_database_url, "DROP OWNED BY plain_owner; DROP ROLE plain_owner;")
