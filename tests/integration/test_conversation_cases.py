"""Plays conversations of conversation_cases.jsonl through the stages in one process and checks how each ends.

A case holds its steps as people do them: what a customer writes, what staff do ("take, reply \"…\", resolve")
and that hours pass. EXTRA_CASES names a further file of the same form.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from domain.messages import Role
from domain.stores import OpenUnitOfWork
from pipeline import staff
from tests.integration.stages import Stages, by_form, by_whatsapp

pytestmark = pytest.mark.postgres

CASES = Path(__file__).with_name("conversation_cases.jsonl")
KINDS = {
    "small_words_wake_a_person",
    "small_talk_while_waiting_for_a_person",
    "displeasure_taken_for_thanks",
    "resolved_then_follow_up_loses_context",
    "bot_talks_over_staff_after_24h",
    "escalation_shown_after_it_ended",
}
OWNER = "Kim"
_STAFF_STEP = re.compile(r'(take|reply|release|resolve|reopen)(?: "([^"]*)")?')
_PASSES = re.compile(r"(\d+) (hours|days) pass")


def cases() -> Iterator[dict[str, Any]]:
    extra = os.environ.get("EXTRA_CASES")
    for path in [CASES, *([Path(extra)] if extra else [])]:
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            if case["kind"] in KINDS:
                yield case


@dataclass
class Played:
    """One case's conversation; each has a customer of its own."""

    stages: Stages
    connection: asyncpg.Connection[asyncpg.Record]
    number: int
    conversations: list[UUID] = field(default_factory=list)
    replies_before_last: int = 0

    async def play(self, step: dict[str, Any]) -> None:
        text = str(step["do"])
        if text in ("whatsapp", "form"):
            await self._write(text, str(step.get("body") or step.get("message")))
        elif passes := _PASSES.search(text):
            await self._pass(f"{passes[1]} {passes[2]}")
        elif not text.startswith("GET"):
            for act, words in _STAFF_STEP.findall(text):
                await self._act(act, words)

    async def _write(self, channel: str, text: str) -> None:
        self.replies_before_last = len(await self.own(Role.AGENT))
        if channel == "form":
            inbound = by_form(text, email=f"case{self.number}@example.com")
        else:
            inbound = by_whatsapp(text, phone=f"+1202555{self.number:04d}")
        accepted = await self.stages.receive(inbound)
        if accepted.conversation_id not in self.conversations:
            self.conversations.append(accepted.conversation_id)
        await self.stages.answer(accepted)

    async def _act(self, act: str, words: str) -> None:
        work, conversation_id = self.stages.open_uow, self.conversations[-1]
        match act:
            case "take":
                await staff.take(work, conversation_id, OWNER)
            case "reply":
                await staff.reply(work, conversation_id, OWNER, words or "I have repaired it.")
            case "release":
                await staff.release(work, conversation_id, OWNER)
            case "resolve":
                await staff.resolve(work, conversation_id, OWNER, "done")
            case "reopen":
                await staff.reopen(work, conversation_id, OWNER)

    async def _pass(self, span: str) -> None:
        for table, column in (
            ("messages", "created_at"),
            ("turns", "started_at"),
            ("tickets", "created_at"),
        ):
            await self.connection.execute(
                f"UPDATE {table} SET {column} = {column} - interval '{span}'"
                " WHERE conversation_id = ANY ($1::uuid[])",
                self.conversations,
            )
        await self.connection.execute(
            f"UPDATE conversations SET last_message_at = last_message_at - interval '{span}',"
            f" turn_since = turn_since - interval '{span}', seen_at = seen_at - interval '{span}',"
            f" resolved_at = resolved_at - interval '{span}' WHERE id = ANY ($1::uuid[])",
            self.conversations,
        )

    async def own(self, role: Role) -> list[str]:
        return [
            message.content
            for conversation_id in self.conversations
            for message in await self.stages.messages(conversation_id)
            if message.role is role
        ]

    async def faults(self, check: dict[str, Any]) -> list[str]:
        """What a check finds wrong."""
        found = []
        last = (await self.own(Role.AGENT))[self.replies_before_last :]
        tickets = await self.connection.fetch(
            "SELECT status, escalation_reason FROM tickets WHERE conversation_id = ANY ($1::uuid[])"
            " ORDER BY created_at",
            self.conversations,
        )
        for words in check.get("reply_must_not_contain", ()):
            if any(words.lower() in reply.lower() for reply in last):
                found.append(f"says {words!r}")
        for words in check.get("reply_must_contain", ()):
            if not any(words.lower() in reply.lower() for reply in last):
                found.append(f"does not say {words!r}: {last}")
        if "tickets" in check and len(tickets) != check["tickets"]:
            found.append(f"{len(tickets)} tickets")
        if "agent_replies" in check and len(last) != check["agent_replies"]:
            found.append(f"{len(last)} replies of the agent: {last}")
        if "escalation" in check and any(ticket["status"] == "escalated" for ticket in tickets):
            found.append("waits for a person")
        if "owner" in check:
            async with self.stages.open_uow() as uow:
                conversation = await uow.conversations.get(self.conversations[-1])
            if conversation.owner_name != check["owner"]:
                found.append(f"belongs to {conversation.owner_name}")
        return found


async def test_conversations_go_as_people_expect(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    stages = await Stages.over(open_uow)
    await owner.execute("UPDATE channel_configs SET burst_window = '0'")
    wrong = []
    for number, case in enumerate(cases()):
        played = Played(stages, owner, number)
        for step in case["steps"]:
            await played.play(step)
        faults = await played.faults(case.get("check", {}))
        if faults:
            wrong.append(f"{case['id']}: {'; '.join(faults)}")
    assert not wrong, "\n".join(wrong)
