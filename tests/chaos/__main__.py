"""Runs `python -m tests.chaos --schedules N --seed S`: N seeded fault schedules, half of them on each broker.

Schedules run one after the other on each system, and a few systems run side by side, since most of
a schedule is waiting. Exits 1 and prints seed and shortest history at the first broken promise.
With --whole the system is the one that `make run` starts, Ray and all.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

from tests.chaos.processes import TARGETS, fast_system
from tests.chaos.runner import Tally, run_schedules
from tests.chaos.schedule import Act, Schedule, make_schedule
from tests.chaos.stages import LIMITS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--schedules", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others count on")
    parser.add_argument("--broker", choices=("embedded", "apache", "both"), default="both")
    parser.add_argument("--side-by-side", type=int, default=1, help="systems a broker")
    parser.add_argument("--minutes", type=float, help="start no schedule after these")
    parser.add_argument("--act", choices=get_args(Act), help="a fault that each schedule has")
    parser.add_argument("--whole", action="store_true", help="on the system that `make run` starts")
    arguments = parser.parse_args()
    kafka_home = os.environ.get("KAFKA_HOME", "")
    brokers = ["embedded", "apache"] if arguments.broker == "both" else [arguments.broker]
    if "apache" in brokers and not kafka_home:
        print("KAFKA_HOME is not set: every schedule runs on the embedded broker", flush=True)
        brokers = ["embedded"]
    seeds = range(arguments.seed, arguments.seed + arguments.schedules)
    began = time.monotonic()
    until = began + 60 * arguments.minutes if arguments.minutes else math.inf
    if arguments.whole:
        from tests.chaos.cluster import run_whole

        tally = Tally()
        for index, broker in enumerate(brokers):
            own = seeds[index :: len(brokers)]
            tally.merge(
                run_whole(
                    broker,
                    kafka_home,
                    own,
                    _say,
                    lambda: time.monotonic() > until,
                    arguments.act,
                )
            )
    else:
        tally = _run_fast(brokers, kafka_home, seeds, arguments.side_by_side, until, arguments.act)
    _report(tally, brokers, time.monotonic() - began)
    is_short = tally.schedules < arguments.schedules and not arguments.minutes
    return 1 if tally.failures or is_short else 0


def _run_fast(
    brokers: Sequence[str],
    kafka_home: str,
    seeds: Sequence[int],
    side_by_side: int,
    until: float,
    act: Act | None,
) -> Tally:
    lanes: list[tuple[str, list[Schedule]]] = []
    for index, broker in enumerate(brokers):
        own = [
            make_schedule(seed, TARGETS, LIMITS, act=act) for seed in seeds[index :: len(brokers)]
        ]
        lanes += [(broker, own[lane::side_by_side]) for lane in range(side_by_side)]
    lanes = [(broker, own) for broker, own in lanes if own]
    has_failed = threading.Event()

    def is_over() -> bool:
        return has_failed.is_set() or time.monotonic() > until

    def run(lane: tuple[str, list[Schedule]]) -> Tally:
        broker, own = lane
        try:
            with fast_system(broker, kafka_home) as system:
                tally = asyncio.run(run_schedules(system, own, _say, should_stop=is_over))
        except BaseException:
            has_failed.set()
            raise
        if tally.failures:
            has_failed.set()
        return tally

    total = Tally()
    with ThreadPoolExecutor(len(lanes)) as threads:
        for tally in threads.map(run, lanes):
            total.merge(tally)
    return total


def _say(line: str) -> None:
    print(line, flush=True)


def _report(tally: Tally, brokers: Sequence[str], seconds: float) -> None:
    counts = {"lost": 0, "doubled": 0, "reordered": 0, "unkept": 0}
    for failure in tally.failures:
        print(f"\n{failure}")
        for violation in failure.violations:
            counts[violation.promise] += 1
    print(
        f"\n{tally.schedules} schedules on {' and '.join(brokers)} in {seconds:.0f} s: "
        f"{tally.accepted} messages accepted, {tally.replies} replies, {tally.sent} sent by providers"
    )
    print(", ".join(f"{name} {count}" for name, count in counts.items()), end="")
    print(f", flagged for a person {tally.flagged}")
    print("faults: " + ", ".join(f"{name} {count}" for name, count in sorted(tally.faults.items())))


if __name__ == "__main__":
    sys.exit(main())
