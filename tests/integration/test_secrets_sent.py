"""Tests that a secret which a customer sends is stored and said nowhere, and that they are told to change it."""

from __future__ import annotations

from dataclasses import replace

import asyncpg
import pytest

from domain.sensitive import MASK
from domain.stores import OpenUnitOfWork
from pipeline.company import change_company
from tests.integration.stages import Stages, by_mail, by_whatsapp

pytestmark = pytest.mark.postgres
Owner = asyncpg.Connection


@pytest.fixture
async def stages(open_uow: OpenUnitOfWork, owner: Owner) -> Stages:
    await owner.execute("UPDATE channel_configs SET burst_window = '0'")
    return await Stages.over(open_uow)


@pytest.mark.parametrize(
    ("text", "secret", "told"),
    [
        ("my two factor code is 483920, can you check if it works", "483920", "do not send"),
        ("and my password is Hunter2!!", "Hunter2!!", "do not send"),
        ("Mein Passwort ist Sommer2024!", "Sommer2024!", "senden Sie keine"),
    ],
)
async def test_a_secret_is_neither_stored_nor_repeated(
    stages: Stages, owner: Owner, text: str, secret: str, told: str
) -> None:
    outcome, reply = await stages.converse(by_whatsapp(text))
    assert told in reply
    assert secret not in reply
    assert outcome.reason is None
    stored = await owner.fetch("SELECT content, raw_content FROM messages WHERE role = 'customer'")
    assert all(secret not in row["content"] + row["raw_content"] for row in stored)
    assert MASK in stored[0]["content"]


async def test_what_is_asked_besides_is_answered(stages: Stages) -> None:
    text = "My password is Hunter2!! How do I export a project to CSV?"
    _, reply = await stages.converse(by_mail(text))
    assert "do not send" in reply
    assert "CSV" in reply
    assert "Hunter2" not in reply


async def test_a_company_may_keep_the_text_and_the_reply_never_repeats_it(
    stages: Stages, owner: Owner
) -> None:
    async with stages.open_uow() as uow:
        current = await uow.company.current()
    await change_company(
        stages.open_uow,
        replace(current.company, mask_secrets=False),
        replaces=current.version,
        author="tests",
    )
    _, reply = await stages.converse(by_whatsapp("my pin is 4821"))
    assert "do not send" in reply
    assert "4821" not in reply
    assert await owner.fetchval("SELECT content FROM messages LIMIT 1") == "my pin is 4821"
