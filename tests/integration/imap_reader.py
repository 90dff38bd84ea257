"""Runs `python -m tests.integration.imap_reader URL ACCOUNT`: reads a mailbox as the relay does, until killed."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from pydantic import SecretStr

from channels.imap.mailbox import ImapMailbox
from channels.imap.settings import ImapAccount, read_server
from channels.imap.transport import ImapIntake
from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.background_jobs import BackgroundJob, BackgroundJobs
from deployments.metrics import InMemoryMeter
from domain.events import ignore
from domain.stores import OpenUnitOfWork


def jobs_of(intake: ImapIntake, work: OpenUnitOfWork) -> BackgroundJobs:
    """As the relay runs them."""
    jobs = [
        BackgroundJob(name, job.run, lambda: 60.0, job.waits)
        for name, job in intake.jobs(work, ignore).items()
    ]
    return BackgroundJobs(jobs, InMemoryMeter())


async def read(database_url: str, given: dict[str, str]) -> None:
    account = ImapAccount(
        address=given["address"],
        imap=read_server(given["imap"], "imap", given["address"], plaintext=False),
        smtp=read_server("smtps://localhost:1", "smtp", given["address"], plaintext=False),
        password=SecretStr(given["password"]),
        token_command=SecretStr(""),
        ca_file=given["ca_file"],
    )
    intake = ImapIntake(account.address, ImapMailbox(account, max_messages=10))
    pool = Pool(database_url, role="fte_app")
    Path(given["started"]).touch()  # noqa: ASYNC240
    await jobs_of(intake, open_uow(pool)).run()


if __name__ == "__main__":
    asyncio.run(read(sys.argv[1], json.loads(sys.argv[2])))
