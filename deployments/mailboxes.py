"""Reads the mailboxes that are rows, each in tasks of its own, and follows additions and removals."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from channels.mailboxes import (
    check_mailbox,
    mailbox_kinds,
    own_mailbox,
    settings_of,
    transport_of,
)
from channels.spec import Intake, plain
from deployments.background_jobs import BackgroundJob, BackgroundJobs
from deployments.health import Report
from deployments.metrics import Meter
from deployments.settings import Settings, find_mailbox_secret
from domain.channels import Channel
from domain.errors import ConfigurationError, SupportError
from domain.ports import Observe
from domain.records import MailboxRow
from domain.stores import OpenUnitOfWork
from pipeline.mailbox import note_state
from pipeline.mailboxes import is_well

log = logging.getLogger(__name__)

OWN = "settings"
"""In the place of an id: the mailbox of the settings."""
_LOOK_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class OwnMailbox:
    """The mailbox of the settings, described as a row is."""

    address: str
    kind: str
    settings: Mapping[str, str]
    secret: str
    """The name of the variable that holds it."""


@dataclass(frozen=True, slots=True)
class MailboxRules:
    """What the settings say about mailboxes."""

    settings: Settings

    def own(self) -> Sequence[OwnMailbox]:
        """Return the mailbox of the settings of each enabled channel that has one."""
        found = []
        for channel in Channel:
            if channel in self.settings.channels and (own := own_mailbox(channel, self.settings)):
                kind, address = own
                given = {
                    name: str(plain(getattr(self.settings, setting)))
                    for name, setting in kind.settings.items()
                }
                secrets = [
                    setting
                    for setting in kind.secrets.values()
                    if plain(getattr(self.settings, setting))
                ]
                named = {name: value for name, value in given.items() if value}
                found.append(OwnMailbox(address, kind.name, named, ", ".join(secrets).upper()))
        return found

    def check(self, address: str, kind: str, given: Mapping[str, str], secret: str) -> None:
        """Check a mailbox before it is added. Raises Malformed."""
        check_mailbox(address, kind, given, secret, self.settings)


async def mailbox_reports(open_uow: OpenUnitOfWork) -> dict[str, Report]:
    """Return the health of each mailbox that is a row, by its name in GET /health."""
    async with open_uow() as uow:
        rows = await uow.mailboxes.list()
        states = {row.address: await uow.mailboxes.state(row.address) for row in rows}
    return {
        f"mailbox {address}": Report("healthy" if is_well(state) else "degraded", state.last_error)
        for address, state in states.items()
    }


@dataclass(frozen=True, slots=True)
class _Reader:
    intake: Intake
    jobs: asyncio.Task[None]

    async def stop(self) -> None:
        self.jobs.cancel()
        await asyncio.gather(self.jobs, return_exceptions=True)
        await asyncio.to_thread(self.intake.close)


class FurtherMailboxes:
    """One mailbox that can't be read stops no other one; its state says since when and why."""

    def __init__(
        self,
        settings: Settings,
        open_uow: OpenUnitOfWork,
        observe: Observe,
        meter: Meter,
        pause_s: Callable[[], float],
    ) -> None:
        """`pause_s` is the pause between two looks into a mailbox that does not tell of new mail."""
        self._settings = settings
        self._open_uow = open_uow
        self._observe = observe
        self._meter = meter
        self._pause_s = pause_s
        self._readers: dict[UUID, _Reader] = {}

    async def run(self) -> None:
        """Read until cancelled."""
        try:
            while True:
                try:
                    await self._follow()
                except SupportError as error:
                    log.warning("the list of mailboxes can't be read: %s", error)
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            readers, self._readers = self._readers, {}
            await asyncio.gather(*(reader.stop() for reader in readers.values()))

    async def _follow(self) -> None:
        async with self._open_uow() as uow:
            rows = {row.id: row for row in await uow.mailboxes.list() if self._is_served(row)}
        for mailbox_id in self._readers.keys() - rows.keys():
            await self._readers.pop(mailbox_id).stop()
        for row in rows.values():
            if row.id not in self._readers:
                await self._start(row)

    def _is_served(self, row: MailboxRow) -> bool:
        return any(
            kind.name == row.kind and channel in self._settings.channels
            for channel, _, kind in mailbox_kinds()
        )

    async def _start(self, row: MailboxRow) -> None:
        _, transport = transport_of(row.kind)
        try:
            intake = transport.make_intake(settings_of(row, self._settings, find_mailbox_secret))
        except (SupportError, ConfigurationError) as error:
            # Asked again with the next look: a file may bring the secret.
            await note_state(self._open_uow, row.address, error)
            return
        jobs = BackgroundJobs(
            [
                BackgroundJob(f"{name} {row.address}", job.run, self._pause_s, job.waits)
                for name, job in intake.jobs(self._open_uow, self._observe).items()
            ],
            self._meter,
        )
        self._readers[row.id] = _Reader(intake, asyncio.create_task(jobs.run()))
