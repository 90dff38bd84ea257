"""Attacks a running system in every known way at once while an honest customer sends a form every second.

    DATA_DIR=… python -m tests.load.attack --seconds 120

At once: a mail and 60 forms of blank lines, which hold patterns that are not linear; 5,000 open ticket pages; 4,200
half-sent heads and 1,500 half-sent bodies. Exits 1 where an honest form was not taken, where its 95th percentile
reaches five seconds, or where one has no reply or hand-over within the time to rest. Sends to this machine alone and
ends by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx

from domain.errors import ConfigurationError
from serve_app.run_file import RunFile, stand_in_headers
from tests.load.pages import quantile

FORM_PATH = "/api/v1/support/form"
HONEST, FLOOD = "127.0.0.60", "127.0.0.61"
"""Addresses that no other part of the attack uses: each source has limits of its own."""
BLANK_FORMS = 60
BLANK_FORM = "How do I export?" + "\n" * 9_900 + "b"
BLANK_MAIL = "How do I export?" + "\n" * 100_000 + "Thanks"
P95_WITHIN_S = 5.0
REPLIES_WITHIN_S = 180.0
HONEST_TIMEOUT_S = 20.0
ASKS = "How do I export a project to CSV?"


@dataclass
class Honest:
    """What the honest customer met."""

    seconds: list[float] = field(default_factory=list)
    tickets: dict[str, tuple[str, float]] = field(default_factory=dict)
    """The token of each ticket, and when its form was sent."""
    replies: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def problems(self) -> list[str]:
        """What breaks the bar."""
        found = [f"{times} × {what}" for what, times in self.failures.items()]
        if not self.seconds or quantile(self.seconds, 0.95) >= P95_WITHIN_S:
            found.append(f"the 95th percentile of honest forms is not below {P95_WITHIN_S} s")
        if len(self.replies) < len(self.tickets):
            found.append(f"{len(self.tickets) - len(self.replies)} honest forms have no reply")
        return found

    def __str__(self) -> str:
        forms = f"honest forms: {len(self.seconds)} taken"
        if self.seconds:
            forms += f", median {quantile(self.seconds, 0.5):.2f} s, p95 {quantile(self.seconds, 0.95):.2f} s"
            forms += f", at most {max(self.seconds):.2f} s"
        replies = f"replies: {len(self.replies)} of {len(self.tickets)}"
        if self.replies:
            replies += f", median {quantile(self.replies, 0.5):.1f} s, p95 {quantile(self.replies, 0.95):.1f} s"
        return f"{forms}\n{replies} after the form was sent"


async def be_honest(url: str, seconds: float) -> Honest:
    """Send a form a second from one address, each as a new visitor."""
    honest = Honest()

    async def send(number: int) -> None:
        transport = httpx.AsyncHTTPTransport(local_address=HONEST)
        async with httpx.AsyncClient(
            base_url=url, transport=transport, timeout=HONEST_TIMEOUT_S
        ) as visitor:
            sent, began = time.time(), time.monotonic()
            try:
                answer = await visitor.post(
                    FORM_PATH, json=form(f"honest-{number}-{int(sent)}", ASKS)
                )
            except httpx.HTTPError as error:
                honest.failures[type(error).__name__] += 1
                return
            if answer.status_code != 201:
                honest.failures[str(answer.status_code)] += 1
                return
            honest.seconds.append(time.monotonic() - began)
            honest.tickets[answer.json()["ticket_id"]] = answer.json()["access_token"], sent

    async with asyncio.TaskGroup() as sending:
        for number in range(int(seconds)):
            sending.create_task(send(number))
            await asyncio.sleep(1)
    return honest


def form(who: str, message: str) -> dict[str, str]:
    """Return a form's fields."""
    return {
        "name": "Hanna Honest",
        "email": f"{who}@shop.example",
        "subject": "Export question",
        "category": "general",
        "priority": "medium",
        "message": message,
    }


async def send_blank_lines(url: str, gmail: str, headers: dict[str, str]) -> str:
    """Send the mail and the forms that are nearly all blank lines; return how they were answered."""
    answers: Counter[str] = Counter()
    async with httpx.AsyncClient(timeout=60, headers=headers) as provider:
        mail = {"from": "eve@shop.example", "subject": "Blank lines", "text": BLANK_MAIL}
        answers[f"mail {(await provider.post(f'{gmail}/_receive', json=mail)).status_code}"] += 1
    transport = httpx.AsyncHTTPTransport(local_address=FLOOD)
    async with httpx.AsyncClient(base_url=url, transport=transport, timeout=60) as attacker:
        for number in range(BLANK_FORMS):
            try:
                answer = await attacker.post(FORM_PATH, json=form(f"eve{number}", BLANK_FORM))
                answers[str(answer.status_code)] += 1
            except httpx.HTTPError as error:
                answers[type(error).__name__] += 1
    return f"blank lines: {dict(answers)}"


async def wait_for_replies(url: str, honest: Honest) -> None:
    """Read each honest ticket until it is answered or handed over; note how long that took by the system's clock."""
    ends_at = time.monotonic() + REPLIES_WITHIN_S
    waiting = dict(honest.tickets)
    async with httpx.AsyncClient(base_url=url, timeout=HONEST_TIMEOUT_S) as reader:
        while waiting and time.monotonic() < ends_at:
            for ticket, (token, sent) in list(waiting.items()):
                try:
                    page = await reader.get(
                        f"/api/v1/tickets/{ticket}", headers={"X-Ticket-Token": token}
                    )
                except httpx.HTTPError:
                    continue
                answers = [
                    said for said in page.json().get("responses", []) if said["role"] != "customer"
                ]
                if answers:
                    replied = datetime.fromisoformat(answers[0]["created_at"])
                    honest.replies.append(replied.timestamp() - sent)
                    del waiting[ticket]
            await asyncio.sleep(1)


async def _start(part: list[str]) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", *part]
    return await asyncio.create_subprocess_exec(
        *command, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )


async def attack(data_dir: Path, seconds: float) -> Honest:
    """Run everything at once; print what each part saw."""
    run_file = RunFile.read(data_dir)
    url = run_file.base_url
    parts = [
        ["tests.load.pages", "--pages", "5000", "--seconds", str(seconds)],
        ["tests.load.slow_clients", "--url", url, "--seconds", str(seconds)],
    ]
    # Processes of their own: thousands of connections would slow the honest customer's clock.
    running = [await _start(part) for part in parts]
    try:
        blank = asyncio.create_task(
            send_blank_lines(url, run_file.require("gmail"), dict(stand_in_headers(data_dir)))
        )
        honest = await be_honest(url, seconds)
        print(await blank)
    finally:
        for part, process in zip(parts, running, strict=True):
            try:
                async with asyncio.timeout(seconds + 120):
                    told = (await process.communicate())[0].decode().strip()
            except TimeoutError:
                process.terminate()
                told = "did not end"
            print(f"{part[0]}: {told}")
    await wait_for_replies(url, honest)
    return honest


def main() -> int:
    """Attack; exit 1 where honest customers noticed too much."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.attack", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    seconds = parser.parse_args().seconds
    data_dir = Path(os.environ.get("DATA_DIR", ".local")).absolute()
    try:
        honest = asyncio.run(attack(data_dir, seconds))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    print(honest)
    for problem in honest.problems():
        print(problem)
    return 1 if honest.problems() else 0


if __name__ == "__main__":
    sys.exit(main())
