"""Sends a burst through a running system and records how the agent's replicas follow the backlog: JSON and a plot.

python scripts/autoscaling_series.py --data-dir .local --messages 2000 --output docs/explanation/autoscaling
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from deployments.settings import read_settings
from domain import topics
from domain.errors import BrokerUnavailable
from messaging.address import BrokerAddress
from messaging.lag import GroupLag
from serve_app.deploy import Dashboard
from serve_app.local.preparation import settings_file
from serve_app.run_file import RunFile

WARM_UP_S = 10
QUIET_S = 20
"""The series ends once lag and replicas have been as before the burst for this long."""
QUESTIONS = (
    "Hello, how do I reset my password? I can't find where to do it.",
    "How do I export my data as a CSV file?",
    "How can I invite a colleague to my workspace?",
    "Where do I turn on two-factor authentication?",
)


@dataclass(frozen=True, slots=True)
class Point:
    """An observation; `at_s` counts from the first message of the burst."""

    at_s: float
    lag: int
    running: int
    target: int
    sent: int


class Burst:
    """Sends the messages and observes the agent stage meanwhile."""

    def __init__(
        self,
        run: RunFile,
        dashboard: Dashboard,
        broker: BrokerAddress,
        messages: int,
        longest_s: float,
    ) -> None:
        self._run = run
        self._dashboard = dashboard
        self._lag = GroupLag(broker, topics.AGENT_GROUP, topics.INCOMING)
        self._messages = messages
        self._longest_s = longest_s
        self._sent = 0
        self.put_off = 0
        self._client = httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=24))

    async def record(self) -> list[Point]:
        """Send the burst and return the observations, one a second."""
        series: list[Point] = []
        await asyncio.sleep(WARM_UP_S)
        started = time.monotonic()
        sending = asyncio.create_task(self._send_all())
        quiet_since = None
        while time.monotonic() - started < self._longest_s:
            point = await self._look(time.monotonic() - started)
            if point is not None:
                series.append(point)
                print(point, flush=True)
                is_quiet = sending.done() and point.lag == 0 and point.running == point.target == 1
                quiet_since = (quiet_since or point.at_s) if is_quiet else None
                if quiet_since is not None and point.at_s - quiet_since > QUIET_S:
                    break
            await asyncio.sleep(1)
        await sending
        await self._lag.close()
        return series

    async def _look(self, at_s: float) -> Point | None:
        try:
            lag = await self._lag.records()
            url = f"{self._dashboard.url}/api/serve/applications/"
            details = await self._client.get(url, headers=self._dashboard.headers)
            applications = details.json()["applications"]
        except (BrokerUnavailable, httpx.HTTPError, ValueError, KeyError) as error:
            print(f"no point at {at_s:.0f} s: {error!r}", flush=True)
            return None
        agent = next(iter(applications.values()))["deployments"]["agent"]
        running = sum(1 for replica in agent["replicas"] if replica["state"] == "RUNNING")
        return Point(round(at_s, 1), lag, running, agent["target_num_replicas"], self._sent)

    async def _send_all(self) -> None:
        gate = asyncio.Semaphore(16)

        async def send(number: int) -> None:
            form = {
                "name": "Burst Sender",
                "email": f"burst{number}-{time.time_ns()}@example.com",
                "subject": "A question in a burst",
                "category": "technical",
                "priority": "medium",
                "message": QUESTIONS[number % len(QUESTIONS)],
            }
            async with gate:
                url = f"{self._run.base_url}/api/v1/support/form"
                key = {"Idempotency-Key": f"burst-{number}-{time.time_ns()}"}
                answer = await self._client.post(url, json=form, headers=key)
                while answer.status_code in (429, 503):
                    self.put_off += 1
                    await asyncio.sleep(float(answer.headers["Retry-After"]))
                    answer = await self._client.post(url, json=form, headers=key)
                answer.raise_for_status()
                self._sent += 1

        await asyncio.gather(*(send(number) for number in range(self._messages)))


def plot(series: list[Point], path: Path) -> None:
    """Draw lag and replicas over time."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(8, 5))
    at = [point.at_s for point in series]
    above.fill_between(at, [point.lag for point in series], color="#9db7d5", label="records behind")
    above.set_ylabel("lag of fte.agent")
    below.step(
        at, [point.target for point in series], "--", where="post", color="#888", label="wanted"
    )
    below.step(
        at, [point.running for point in series], where="post", color="#b3402a", label="running"
    )
    below.set_ylabel("agent replicas")
    below.set_yticks(range(max(point.target for point in series) + 2))
    below.set_xlabel("seconds since the first message")
    for axes in (above, below):
        axes.legend(loc="upper right")
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Record the series and write it as JSON and PNG."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path(".local"))
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--longest", type=float, default=600, help="seconds after which it ends")
    parser.add_argument("--output", type=Path, default=Path("docs/explanation/autoscaling"))
    arguments = parser.parse_args()
    broker = read_settings(settings_file(arguments.data_dir)).broker
    run = RunFile.read(arguments.data_dir)
    load_before = round(os.getloadavg()[0], 1)
    dashboard = run.dashboard(arguments.data_dir)
    burst = Burst(run, dashboard, broker, arguments.messages, arguments.longest)
    series = asyncio.run(burst.record())
    first_up = next((point.at_s for point in series if point.running > 1), None)
    result = {
        "load_average_before": load_before,
        "messages": arguments.messages,
        "asked_to_come_back": burst.put_off,
        "second_replica_wanted_at_s": next(
            (point.at_s for point in series if point.target > 1), None
        ),
        "second_replica_running_at_s": first_up,
        "all_answered_at_s": next(
            (point.at_s for point in series if point.sent == arguments.messages and point.lag == 0),
            None,
        ),
        "back_to_one_at_s": series[-1].at_s - QUIET_S if series[-1].running == 1 else None,
        "most_replicas": max(point.running for point in series),
        "series": [asdict(point) for point in series],
    }
    arguments.output.with_suffix(".json").write_text(json.dumps(result) + "\n")
    plot(series, arguments.output.with_suffix(".png"))
    print({name: value for name, value in result.items() if name != "series"})


if __name__ == "__main__":
    main()
