"""Sends the sample tickets through all three channels and prints the answers (`make demo`)."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from channels.registry import SPECS
from domain.channels import Channel
from domain.errors import ConfigurationError
from serve_app.run_file import RunFile, stand_in_headers
from serve_app.shipped import shipped

TICKETS = shipped("context/sample-tickets.json")
_AT_ONCE = 6
_ANSWERED_WITHIN_S = 180.0
_WIDTH_IN_A_FILE = 200


@dataclass(slots=True)
class Case:
    """A sample ticket and its outcome."""

    sample: dict[str, Any]
    reply: str | None = None
    ticket: str | None = None
    reason: str | None = None
    seconds: float | None = None

    @property
    def outcome(self) -> str:
        """Either waiting, answered or escalated."""
        if self.reply is None and self.reason is None:
            return "waiting"
        return "escalated" if self.reason else "answered"

    @property
    def is_as_expected(self) -> bool:
        """Whether outcome, reason and facts are those that the sample expects."""
        expected = self.sample["expected"]
        if self.outcome != expected["outcome"] or self.reason != expected["reason"]:
            return False
        text = _flat(self.reply or "")
        return all(_flat(fact) in text for fact in expected.get("facts") or [])


def run_demo(data_dir: Path, console: Console) -> int:
    """Send the tickets and print a table of the outcomes.

    Returns:
        0 if every ticket was answered or handed over, 1 otherwise.

    Raises:
        ConfigurationError: No system is running, or it refused a ticket.
    """
    run = RunFile.read(data_dir)
    cases = [Case(sample) for sample in json.loads(TICKETS.read_text(encoding="utf-8"))]
    asyncio.run(_play(run, cases, console, stand_in_headers(data_dir)))
    # A file or pipe has no width, and the default of 80 columns would truncate every cell.
    wide = console if console.is_terminal else Console(width=_WIDTH_IN_A_FILE)
    wide.print(_table(cases))
    outcomes = Counter(case.outcome for case in cases)
    right = sum(case.is_as_expected for case in cases)
    console.print(
        f"{len(cases)} tickets: {outcomes['answered']} answered, {outcomes['escalated']} handed over to a person, "
        f"{outcomes['waiting']} without an answer; {right} as context/sample-tickets.json expects"
    )
    return 1 if outcomes["waiting"] else 0


async def _play(run: RunFile, cases: list[Case], console: Console, keyed: dict[str, str]) -> None:
    started = datetime.now(UTC)
    limit = asyncio.Semaphore(_AT_ONCE)
    headers = {"Authorization": f"Bearer {run.staff_key}"}
    async with httpx.AsyncClient(timeout=30, headers=headers) as client:

        async def send(case: Case) -> None:
            async with limit:
                await _send(client, run, case.sample, keyed)

        await asyncio.gather(*(send(case) for case in cases))
        console.print(f"{len(cases)} messages accepted, waiting for the replies")
        deadline = time.monotonic() + _ANSWERED_WITHIN_S
        while any(case.outcome == "waiting" for case in cases) and time.monotonic() < deadline:
            await _collect(client, run, cases, started)
            await asyncio.sleep(1)


async def _send(
    client: httpx.AsyncClient, run: RunFile, sample: dict[str, Any], keyed: dict[str, str]
) -> None:
    customer = sample["customer"]
    transport = SPECS[Channel(sample["channel"])].transports[0]
    if transport.stand_in is None or transport.demo_message is None:
        form = {
            "name": customer["name"],
            "email": customer["email"],
            "subject": sample["subject"],
            "category": sample["category"],
            "priority": sample["priority"],
            "message": sample["message"],
        }
        response = await client.post(f"{run.base_url}/api/v1/support/form", json=form)
    else:
        url = f"{run.require(transport.stand_in)}/_receive"
        response = await client.post(url, json=transport.demo_message(sample), headers=keyed)
    if response.is_error:
        raise ConfigurationError(
            f"{sample['id']} was not accepted: {response.status_code} {response.text[:200]}"
        )


async def _collect(
    client: httpx.AsyncClient, run: RunFile, cases: list[Case], started: datetime
) -> None:
    """Look up every unanswered case in the staff queue."""
    queue = await client.get(f"{run.base_url}/api/v1/staff/conversations", params={"limit": 500})
    queue.raise_for_status()
    lines = [
        line
        for line in queue.json()["conversations"]
        if datetime.fromisoformat(line["last_message_at"]) >= started
    ]
    for case in cases:
        if case.outcome != "waiting":
            continue
        name, channel = case.sample["customer"]["name"], case.sample["channel"]
        for line in lines:
            if line["customer_name"] == name and line["channel"] == channel:
                await _look(client, run, case, line["id"], started)


async def _look(
    client: httpx.AsyncClient, run: RunFile, case: Case, conversation_id: str, started: datetime
) -> None:
    response = await client.get(f"{run.base_url}/api/v1/staff/conversations/{conversation_id}")
    response.raise_for_status()
    view = response.json()
    wanted = _flat(case.sample["message"])[:40]
    asked_at = None
    for message in view["messages"]:
        at = datetime.fromisoformat(message["created_at"])
        if message["role"] == "customer" and at >= started and wanted in _flat(message["content"]):
            asked_at = at
        elif message["role"] == "agent" and asked_at is not None:
            case.reply = message["content"]
            case.seconds = (at - asked_at).total_seconds()
            break
    if case.reply is not None and view["ticket"] is not None:
        case.ticket = view["ticket"]["ticket_id"]
        escalation = view["ticket"]["escalation"]
        case.reason = escalation["reason"] if escalation else None


def _table(cases: list[Case]) -> Table:
    table = Table(show_lines=False, expand=True)
    for title, ratio in (
        ("channel", 3),
        ("what came in", 12),
        ("reply", 14),
        ("ticket", 5),
        ("escalated", 5),
    ):
        table.add_column(title, ratio=ratio, overflow="ellipsis", no_wrap=True)
    table.add_column("s", justify="right", width=5)
    table.add_column("", width=1)
    for case in cases:
        table.add_row(
            case.sample["channel"],
            " ".join(case.sample["message"].split()),
            " ".join((case.reply or "").split()),
            case.ticket or "",
            case.reason or "",
            f"{case.seconds:.1f}" if case.seconds is not None else "",
            "✓" if case.is_as_expected else "✗",
        )
    return table


def _flat(text: str) -> str:
    """Normalise case, white space and Markdown marks, so that line breaks and bold type don't matter."""
    return " ".join(text.replace("*", "").replace("`", "").split()).casefold()
