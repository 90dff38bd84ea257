"""Describes what a schedule needs of a system, however it is put together."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class SystemUnderFire:
    """Its addresses, its providers' stand-ins and the processes that may be broken, by name."""

    name: str
    base_url: str
    gmail_url: str
    twilio_url: str
    stand_in_headers: Mapping[str, str]
    """What the stand-ins' `/_…` calls need."""
    twilio_token: str
    public_url: str
    mailbox: str
    database_url: str
    targets: Mapping[str, Callable[[], Sequence[psutil.Process]]]
    """Those of now; a name whose processes are away has none."""
    recover: Callable[[], None] = lambda: None
    """Called once after all faults: for what no supervisor of the system's own starts again."""

    def signal(self, target: str, number: signal.Signals) -> list[psutil.Process]:
        """To all processes of the target; those that got it."""
        reached = []
        for process in self.targets[target]():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                process.send_signal(number)
                reached.append(process)
        return reached


def family(process: psutil.Process | None) -> list[psutil.Process]:
    """The process first, then all that it has started; nothing for one that is gone."""
    if process is None:
        return []
    with contextlib.suppress(psutil.Error):
        return [process, *process.children(recursive=True)]
    return []


def wake(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)
