"""Runs schedules against a system: the burst, the faults, the rest, the check, and the shortest failure."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from domain.channels import Channel
from tests.chaos.checker import Violation, check
from tests.chaos.customers import PATIENCE, Refused, play
from tests.chaos.history import Accepted, History
from tests.chaos.reader import LINGER_S, read_history, wait_for_rest
from tests.chaos.schedule import TEXTS, Customer, Fault, Schedule, Write
from tests.chaos.system import SystemUnderFire, wake

REST_WITHIN = timedelta(minutes=8)
READY_WITHIN = timedelta(minutes=8)
_SHRINKING_RUNS = 8


@dataclass(slots=True)
class Failure:
    schedule: Schedule
    system: str
    violations: list[Violation]
    history: History

    def __str__(self) -> str:
        """The seed, what broke, and no more of the history than shows it."""
        addresses = dict.fromkeys(
            violation.address for violation in self.violations if violation.address
        )
        own = [write for write in self.schedule.writes if write.customer.address in addresses]
        lines = [f"SEED {self.schedule.seed} on {self.system}"]
        lines += [str(violation) for violation in self.violations]
        lines += ["", "faults:", *(f"  {fault}" for fault in self.schedule.faults)]
        lines += ["customers:", *(f"  {write}" for write in own or self.schedule.writes)]
        lines = [line for line in lines if line]
        for address in addresses:
            lines += [f"history of {address}:"]
            lines += [f"  {line}" for line in str(self.history.of_address(address)).split("\n")]
        return "\n".join(lines)


@dataclass(slots=True)
class Tally:
    """What was run; `failures` is empty where every promise was kept."""

    schedules: int = 0
    accepted: int = 0
    replies: int = 0
    sent: int = 0
    flagged: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    def add(self, schedule: Schedule, history: History) -> None:
        self.schedules += 1
        self.accepted += len(history.accepted)
        self.replies += len(history.replies)
        self.sent += len(history.sent)
        self.flagged += sum(1 for reply in history.replies if reply.is_flagged)
        self.faults.update(f"{fault.act} {fault.target}" for fault in schedule.faults)

    def merge(self, other: Tally) -> None:
        self.schedules += other.schedules
        self.accepted += other.accepted
        self.replies += other.replies
        self.sent += other.sent
        self.flagged += other.flagged
        self.faults.update(other.faults)
        self.failures.extend(other.failures)


async def run_schedules(
    system: SystemUnderFire,
    schedules: Sequence[Schedule],
    say: Callable[[str], None] = lambda _line: None,
    *,
    should_stop: Callable[[], bool] = lambda: False,
) -> Tally:
    """One after the other; ends at the first failure, or with a last look at all of them together."""
    tally = Tally()
    everything: list[Accepted] = []
    async with httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0)) as client:
        await warm_up(system, client)
        for schedule in schedules:
            if should_stop():
                break
            began = asyncio.get_running_loop().time()
            history, violations = await run_once(system, schedule, client)
            tally.add(schedule, history)
            everything += history.accepted
            took = asyncio.get_running_loop().time() - began
            acts = ", ".join(f"{fault.act} {fault.target}" for fault in schedule.faults)
            say(
                f"{system.name:<16} seed {schedule.seed:<8} {len(history.accepted):>2} accepted, "
                f"{len(history.replies):>2} replies, {took:5.1f} s  {acts}"
            )
            if violations:
                failure = Failure(schedule, system.name, violations, history)
                say(str(failure))
                tally.failures.append(await _shrink(system, failure, client, say))
                return tally
        # What comes twice may come late: everything once more, at the very end.
        history = await read_history(system, everything, client)
        violations = check(history)
        if violations and schedules:
            tally.failures.append(Failure(schedules[-1], system.name, violations, history))
    return tally


async def warm_up(system: SystemUnderFire, client: httpx.AsyncClient) -> None:
    """One question through the whole system before anything is broken. Raises TimeoutError."""
    customer = Customer("Warm Up", Channel.WEB_FORM, "warm@example.com")
    write = Write(0.0, "Q0X0X0Z", customer, f"{TEXTS[0]} (my note Q0X0X0Z)")
    async with asyncio.timeout(READY_WITHIN.total_seconds()):
        accepted: list[Accepted] = []
        while not accepted:
            accepted = await play(system, [write], client)
    if not await wait_for_rest(system, accepted, READY_WITHIN):
        raise TimeoutError(f"{system.name} did not answer its first question")


async def run_once(
    system: SystemUnderFire, schedule: Schedule, client: httpx.AsyncClient
) -> tuple[History, list[Violation]]:
    """One schedule from its first message to rest, and what it broke."""
    playing = asyncio.create_task(play(system, schedule.writes, client))
    frozen = await asyncio.gather(
        *(_break(system, fault, client) for fault in schedule.faults), return_exceptions=True
    )
    for problem in frozen:
        if isinstance(problem, BaseException):
            raise problem
    await asyncio.to_thread(system.recover)
    try:
        accepted = await playing
    except Refused as error:
        return History(), [Violation("lost", f"refused: {error}", "")]
    is_quiet = await wait_for_rest(system, accepted, REST_WITHIN)
    await _clear_failures(system, client)
    await _wait_for_held_sends(system, client)
    history = await read_history(system, accepted, client)
    violations = check(history)
    if not is_quiet and not violations:
        violations = [Violation("lost", f"never came to rest within {REST_WITHIN}", "")]
    missing = {write.token for write in schedule.writes} - {message.token for message in accepted}
    if missing:
        what = f"nobody took {', '.join(sorted(missing))} within {PATIENCE}"
        violations.append(Violation("lost", what, ""))
    return history, violations


async def _break(system: SystemUnderFire, fault: Fault, client: httpx.AsyncClient) -> None:
    await asyncio.sleep(fault.at_s)
    if fault.act in ("provider", "delay"):
        await _fail_provider(system, fault, client)
    elif fault.act == "freeze":
        stopped = await asyncio.to_thread(system.signal, fault.target, signal.SIGSTOP)
        try:
            await asyncio.sleep(fault.for_s)
        finally:
            wake(stopped)
    else:
        number = signal.SIGKILL if fault.act == "kill" else signal.SIGTERM
        await asyncio.to_thread(system.signal, fault.target, number)


async def _fail_provider(system: SystemUnderFire, fault: Fault, client: httpx.AsyncClient) -> None:
    url = system.gmail_url if fault.target == "gmail" else system.twilio_url
    wish: dict[str, object] = {
        "status": fault.status,
        "times": fault.times,
        "after_accept": fault.after_accept,
    }
    if fault.act == "delay":
        wish |= {"hang_seconds": fault.for_s, "late_effect": fault.late_effect}
    answer = await client.post(
        f"{url}/_fail", json=wish, headers=system.stand_in_headers, timeout=30
    )
    answer.raise_for_status()


async def _clear_failures(system: SystemUnderFire, client: httpx.AsyncClient) -> None:
    """What was asked to fail and was never called fails nobody in the next schedule."""
    for url in (system.gmail_url, system.twilio_url):
        await client.delete(f"{url}/_fail", headers=system.stand_in_headers, timeout=30)


async def _count_held(url: str, system: SystemUnderFire, client: httpx.AsyncClient) -> int:
    answer = await client.get(f"{url}/_fail", headers=system.stand_in_headers, timeout=30)
    return int(answer.json()["held"])


async def _wait_for_held_sends(system: SystemUnderFire, client: httpx.AsyncClient) -> None:
    """What a provider still holds may take effect, which is what the history has to show."""
    for url in (system.gmail_url, system.twilio_url):
        async with asyncio.timeout(REST_WITHIN.total_seconds()):
            while await _count_held(url, system, client):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    await asyncio.sleep(LINGER_S)  # for the callbacks about them


async def _shrink(
    system: SystemUnderFire,
    failure: Failure,
    client: httpx.AsyncClient,
    say: Callable[[str], None],
) -> Failure:
    """Leave faults out, one at a time, as long as it still fails."""
    shortest = failure
    for runs, fault in enumerate(failure.schedule.faults[:_SHRINKING_RUNS], 1):
        if len(shortest.schedule.faults) == 1:
            break
        candidate = shortest.schedule.without(fault)
        history, violations = await run_once(system, candidate.again(runs), client)
        say(f"  without {fault}: {'still broken' if violations else 'kept'}")
        if violations:
            shortest = Failure(candidate.again(runs), failure.system, violations, history)
    return shortest
