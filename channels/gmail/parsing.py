"""Parses mail in a process of its own, with a limit on time, so that no mail holds a replica."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Timer

from channels.gmail.api import Resource
from channels.gmail.parser_process import read, write
from domain.errors import Malformed, ProviderUnavailable
from domain.messages import InboundMessage

log = logging.getLogger(__name__)

_WITHIN = timedelta(seconds=60)
"""By the clock, on a machine however busy, for a start or an answer; an attempt's own limit is CPU time."""


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
"""Of a mail that needs more, the beginning is read, and the message marked as cut."""


class MailParser:
    """One process, started with the first mail, and anew after a mail that it did not survive."""

    def __init__(self, attempts: Collection[Attempt] = ATTEMPTS) -> None:
        self._attempts = attempts
        self._thread = ThreadPoolExecutor(1, "mail-parser")
        self._process: subprocess.Popen[bytes] | None = None

    async def parse(
        self, resource: Resource, own_addresses: Collection[str]
    ) -> InboundMessage | None:
        """`parse.parse_message`, or of a mail that takes too long what its beginning says.

        Raises:
            Malformed: Also where even the beginning can't be read.
            ProviderUnavailable: The process does not start.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._parse, resource, own_addresses)

    def close(self) -> None:
        """Let the mails under way be read and end the process. Blocks until then."""
        self._thread.submit(self._end_process)
        self._thread.shutdown(wait=True)

    def _parse(self, resource: Resource, own_addresses: Collection[str]) -> InboundMessage | None:
        for attempt in self._attempts:
            cpu_seconds = attempt.cpu_time.total_seconds()
            answer = self._ask((resource, own_addresses, attempt.max_bytes, cpu_seconds))
            if isinstance(answer, Malformed):
                raise answer
            if answer is None or isinstance(answer, InboundMessage):
                return answer
            log.warning("a mail was not read to its end: %s", answer)
        raise Malformed("even the beginning of the mail can't be read")

    def _ask(self, request: object) -> object:
        """The process's answer, or the name of what ended it."""
        process = self._process or self._start_process()
        try:
            return _exchange(process, request)
        except (EOFError, OSError) as error:
            self._end_process()
            return type(error).__name__

    def _start_process(self) -> subprocess.Popen[bytes]:
        """It gets no variable of ours: it reads what strangers wrote."""
        path = os.pathsep.join(entry or os.curdir for entry in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "channels.gmail.parser_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": path},
        )
        try:
            _exchange(self._process, None)
        except (EOFError, OSError) as error:
            self._end_process()
            raise ProviderUnavailable("the process that parses mail does not start") from error
        return self._process

    def _end_process(self) -> None:
        """It holds nothing that is not in the mailbox."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process = None


def _exchange(process: subprocess.Popen[bytes], request: object) -> object:
    """Raises EOFError or OSError where the process ends, or is ended because it takes too long."""
    if process.stdin is None or process.stdout is None:
        raise EOFError
    deadline = Timer(_WITHIN.total_seconds(), process.kill)
    deadline.start()
    try:
        if request is not None:
            write(process.stdin, pickle.dumps(request))
        return pickle.loads(read(process.stdout))  # noqa: S301 (our own child)
    finally:
        deadline.cancel()
