"""Parses mail in a process of its own within a time limit, so that no mail blocks a replica."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from channels.email.identity import MailboxIdentity
from channels.email.reading import FetchedMail
from domain.errors import Malformed
from domain.messages import InboundMessage, SentMail
from sandbox.process import ChildProcess, GaveUp

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How much of a mail is read, and in how much CPU time."""

    max_bytes: int | None
    cpu_time: timedelta


ATTEMPTS = (
    Attempt(None, timedelta(seconds=5)),
    Attempt(256 * 1024, timedelta(seconds=2)),
    Attempt(16 * 1024, timedelta(seconds=2)),
)
"""If a mail needs more time, its beginning is read and the message marked as cut."""


class MailParser:
    """Owns the process, which starts with the first mail and again after a mail that ended it."""

    def __init__(self, attempts: Collection[Attempt] = ATTEMPTS) -> None:
        self._attempts = attempts
        self._thread = ThreadPoolExecutor(1, "mail-parser")
        self._child = ChildProcess("channels.email.parser_process:answer")

    async def parse(
        self, mail: FetchedMail, identity: MailboxIdentity
    ) -> InboundMessage | SentMail | None:
        """Run `reading.read_mail`; a mail that takes too long is cut.

        Raises:
            Malformed: The mail, or even its beginning, can't be read.
            ProviderUnavailable: The process does not start.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._parse, mail, identity)

    def close(self) -> None:
        """End the process after the mails in progress. Blocks until then."""
        self._thread.submit(self._child.end)
        self._thread.shutdown(wait=True)

    def _parse(
        self, mail: FetchedMail, identity: MailboxIdentity
    ) -> InboundMessage | SentMail | None:
        for attempt in self._attempts:
            request = (mail, identity, attempt.max_bytes)
            try:
                answer = self._child.ask(request, attempt.cpu_time)
            except GaveUp as error:
                log.warning("a mail was not read to its end: %s", error)
                continue
            if answer is None or isinstance(answer, InboundMessage | SentMail):
                return answer
        raise Malformed("even the beginning of the mail can't be read")
