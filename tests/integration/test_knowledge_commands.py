"""Tests the knowledge tools from a shell: import, export, review and the digest, on a real database."""

from __future__ import annotations

import argparse
import asyncio
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from rich.console import Console

from deployments.settings import Settings
from domain.errors import ConfigurationError
from domain.knowledge import CandidateState
from domain.stores import OpenUnitOfWork
from serve_app.knowledge_commands import add_commands, run_command
from tests.integration.postgres import APPLICATION_ROLE

pytestmark = pytest.mark.postgres


async def shell(database_url: str, *words: str) -> tuple[int, str]:
    """Exit status and output, as the command gives them."""
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    settings = Settings(
        _env_file=None, database_url=SecretStr(database_url), database_role=APPLICATION_ROLE
    )
    console = Console(file=io.StringIO(), width=80)
    status = await asyncio.to_thread(run_command, settings, console, parser.parse_args(words))
    assert isinstance(console.file, io.StringIO)
    return status, console.file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three articles, a file of each kind."""
    made = tmp_path / "handbook"
    made.mkdir()
    (made / "birthdays.md").write_text(
        "# Hide birthdays\n\nOpen the calendar, click the gear and switch Show birthdays off.\n"
    )
    (made / "print.html").write_text("<h1>Print a board</h1><p>Choose Print in its menu.</p>")
    (made / "faq.csv").write_text("question,answer\nCan I copy a form?,Yes: choose Duplicate.\n")
    return made


async def test_what_is_imported_again_unchanged_is_not_embedded_again_and_what_is_gone_is_removed(
    database_url: str, folder: Path
) -> None:
    first = await shell(database_url, "knowledge", "import", str(folder))
    assert first == (
        0,
        "handbook: 3 articles, 3 chunks embedded, 0 unchanged, 0 articles removed\n",
    )
    (folder / "print.html").write_text("<h1>Print a board</h1><p>Press Ctrl+P.</p>")
    (folder / "faq.csv").unlink()
    again = await shell(database_url, "knowledge", "import", str(folder))
    assert again == (
        0,
        "handbook: 2 articles, 1 chunks embedded, 1 unchanged, 1 articles removed\n",
    )
    status, models = await shell(database_url, "knowledge", "models")
    assert status == 0
    assert "live" in models


async def test_a_preview_shows_all_and_publishes_nothing_and_an_import_names_what_is_left_out(
    database_url: str, folder: Path
) -> None:
    (folder / "empty.html").write_text("")
    (folder / "latin.md").write_bytes(
        "# Größe\n\nFür 5 € ist das Paket mit Ihnen unterwegs.".encode("cp1252")
    )
    status, shown = await shell(database_url, "knowledge", "import", str(folder), "--preview")
    assert status == 0
    for line in (
        "faq.csv: title from “question”, text from “answer”",
        "    latin.md; de, general, 1 passages",
        "    | Für 5 € ist das Paket mit Ihnen unterwegs.",
        "left out: empty.html: it is empty",
        "5 files read, 4 articles found, 1 left out",
    ):
        assert line in shown.splitlines()
    _, listed = await shell(database_url, "knowledge", "articles")
    assert listed == "0 articles, those to review first\n"
    assert await shell(database_url, "knowledge", "import", str(folder)) == (
        0,
        "left out: empty.html: it is empty\n"
        "handbook: 4 articles, 4 chunks embedded, 0 unchanged, 0 articles removed\n",
    )
    status, said = await shell(database_url, "knowledge", "import", str(folder / "none"))
    assert (status, said.replace("\n", "").endswith("is no folder")) == (1, True)


async def test_a_new_link_or_setting_is_stored_and_an_outdated_article_is_not_found(
    database_url: str, folder: Path, open_uow: OpenUnitOfWork
) -> None:
    page = "---\nurl: https://x.example/{}\nwhole: {}\n---\n# Fees\n\n{}The fee is 3 pounds.\n"
    source = folder / "fees.md"
    source.write_text(page.format(1, "no", ""))
    await shell(database_url, "knowledge", "import", str(folder))
    source.write_text(page.format(4711, "yes", ""))
    await shell(database_url, "knowledge", "import", str(folder))
    async with open_uow() as uow:
        [fees] = [a for a in await uow.knowledge.articles(None, 10) if a.title == "Fees"]
    assert (fees.url, fees.is_whole, fees.language) == ("https://x.example/4711", True, "en")
    assert fees.is_published
    source.write_text(page.format(4711, "yes", "This page is outdated. "))
    await shell(database_url, "knowledge", "import", str(folder))
    async with open_uow() as uow:
        [fees] = [a for a in await uow.knowledge.articles(None, 10) if a.title == "Fees"]
    assert not fees.is_published


async def test_an_export_is_an_import_of_the_same(
    database_url: str, folder: Path, tmp_path: Path
) -> None:
    await shell(database_url, "knowledge", "import", str(folder))
    exported = tmp_path / "exported"
    assert await shell(database_url, "knowledge", "export", str(exported)) == (
        0,
        f"3 articles written to {exported}\n",
    )
    assert len(list(exported.iterdir())) == 3
    again = await shell(database_url, "knowledge", "import", str(exported), "--source", "handbook")
    assert again == (
        0,
        "handbook: 3 articles, 0 chunks embedded, 3 unchanged, 0 articles removed\n",
    )


async def test_an_article_is_taken_back_and_published_again_by_its_id(
    database_url: str, folder: Path
) -> None:
    await shell(database_url, "knowledge", "import", str(folder))
    _, listed = await shell(database_url, "knowledge", "articles")
    [line] = [listed_line for listed_line in listed.splitlines() if "Hide" in listed_line]
    article = line.split()[0]
    assert "published, version 1, handbook; 0 for it, 0 against" in listed
    assert (await shell(database_url, "knowledge", "unpublish", article))[0] == 0
    _, listed = await shell(database_url, "knowledge", "articles")
    assert listed.count("unpublished") == 1
    assert (await shell(database_url, "knowledge", "publish", article))[0] == 0
    for command in ("unpublish", "approve", "reject"):
        status, said = await shell(database_url, "knowledge", command, "not-an-id")
        assert (status, said) == (1, "not-an-id is not a UUID\n")
        status, said = await shell(
            database_url, "knowledge", command, "00000000-0000-4000-8000-000000000000"
        )
        assert status == 1
        assert "Traceback" not in said


async def test_a_candidate_is_published_as_edited_and_another_rejected_with_a_reason(
    database_url: str, folder: Path, open_uow: OpenUnitOfWork
) -> None:
    await shell(database_url, "knowledge", "import", str(folder))
    until = datetime(2030, 1, 2, tzinfo=UTC)
    async with open_uow() as uow:
        good, bad = [
            str(await uow.lessons.add_candidate(title, text, "technical", until))
            for title, text in (
                ("Mute", "Open the calendar and choose Mute reminders in its menu."),
                ("Boats", "Boats are painted in the harbour."),
            )
        ]
        await uow.commit()
    status, listed = await shell(database_url, "knowledge", "candidates")
    assert (status, listed.splitlines()[-1]) == (0, "2 candidates wait")
    assert "trusted until 2030-01-02" in listed
    edited = (
        "--title",
        "Mute reminders",
        "--text",
        "Choose Mute reminders in the calendar's menu.",
    )
    status, said = await shell(database_url, "knowledge", "approve", good, *edited)
    assert (status, said.startswith("published as ")) == (0, True), said
    assert await shell(database_url, "knowledge", "approve", good) == (
        1,
        "this candidate is approved already\n",
    )
    assert await shell(database_url, "knowledge", "reject", bad, "--reason", "not ours") == (
        0,
        "rejected\n",
    )
    assert await shell(database_url, "knowledge", "candidates") == (0, "0 candidates wait\n")
    async with open_uow() as uow:
        (learned,) = await uow.knowledge.articles("learned", 10)
        rejected, *_ = await uow.lessons.candidates([CandidateState.REJECTED], 10)
    assert learned.title == "Mute reminders"
    assert rejected.reason == "not ours"


@pytest.mark.parametrize("command", ["reembed", "switch-model"])
@pytest.mark.parametrize("key", ["mini", "torch:/no/such/folder", "int8:no-such-folder"])
async def test_a_model_that_there_is_not_is_told_at_once_and_nothing_is_noted(
    database_url: str, command: str, key: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(key)):
        await shell(database_url, "knowledge", command, key)
    _, models = await shell(database_url, "knowledge", "models")
    assert key not in models


async def test_where_nothing_happened_every_list_says_so(database_url: str, folder: Path) -> None:
    await shell(database_url, "knowledge", "import", str(folder))
    assert await shell(database_url, "knowledge", "learn") == (
        0,
        "0 resolutions read, 0 questions confirmed\n",
    )
    assert await shell(database_url, "knowledge", "candidates") == (0, "0 candidates wait\n")
    assert await shell(database_url, "knowledge", "gaps") == (0, "0 searches found nothing\n")
    status, said = await shell(database_url, "knowledge", "rollback-model")
    assert (status, said) == (1, "there is no previous model to go back to\n")
    status, digest = await shell(database_url, "digest")
    assert status == 0
    assert digest.startswith("Support on ")
