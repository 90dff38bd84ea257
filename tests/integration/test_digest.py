"""Tests the day's digest: every figure as SQL of its own counts it, topics and gaps beside, kept once the day is
over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from deployments.configs.agent import AgentConfig
from deployments.learning import LearningJobs
from deployments.settings import Settings
from domain.channels import Channel
from domain.ports import Vectors
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason, Priority, TicketStatus
from domain.turns import Draft
from pipeline.digest import read_digest
from pipeline.digest_text import describe
from standins.gmail import create_app
from standins.serving import serve
from tests.integration.api import GRACE, Api, make_context
from tests.integration.correspondence import (
    ANN,
    ANN_PHONE,
    BOB_PHONE,
    a_message,
    answer,
    open_ticket,
    staff_reply,
    store,
)
from tests.integration.stages import embedder, scorer
from tests.integration.test_database_knowledge import article, put, unit_vectors

pytestmark = pytest.mark.postgres


class WordEmbedder:
    """Texts that share words are near: enough to group by."""

    async def embed_with(self, model_id: str, texts: Sequence[str]) -> Vectors:
        rows = np.full((len(texts), 384), 1e-6, dtype=np.float32)
        for at, text in enumerate(texts):
            for word in text.lower().split():
                rows[at, sum(word.encode()) % 384] += 1
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


async def a_busy_day(open_uow: OpenUnitOfWork) -> None:
    """Answered, thumbed, escalated and replied to, resolved, and left alone; on all three channels."""
    await put(open_uow, article(unit_vectors(1)))
    for at in range(3):
        mail = await store(
            open_uow,
            a_message(
                replace(ANN, value=f"ann{at}@example.com"),
                text=f"calendar sync stopped again {at}",
                thread=f"t{at}",
            ),
        )
        await open_ticket(open_uow, mail, "calendar sync")
        missed = Draft(reply="-", model="m", searches=["calendar sync stopped"], found=[])
        draft = missed if at == 0 else None
        await answer(
            open_uow, mail, sentiment=0.2 + at / 5, latency=timedelta(seconds=at + 1), draft=draft
        )
        async with open_uow() as uow:
            ticket = await uow.tickets.current(mail.conversation_id)
            assert ticket is not None
            await uow.tickets.set_status(ticket.id, TicketStatus.WAITING_CUSTOMER)
            if at == 1:
                await uow.tickets.add_feedback(ticket.id, True, None)
            if at == 2:
                await uow.tickets.add_feedback(ticket.id, False, None)
            await uow.commit()
    chat = await store(open_uow, a_message(ANN_PHONE, Channel.WHATSAPP, "refund please"))
    ticket = await open_ticket(open_uow, chat, "refund")
    await answer(open_uow, chat, outcome="escalated", sentiment=0.1)
    async with open_uow() as uow:
        await uow.tickets.escalate(ticket.id, EscalationReason.REFUND, "-", Priority.HIGH)
        await uow.commit()
    await staff_reply(open_uow, chat, "grace")
    async with open_uow() as uow:
        await uow.tickets.resolve(ticket.id, "done", "grace")
        await uow.commit()
    form = await store(open_uow, a_message(BOB_PHONE, Channel.WEB_FORM, "dark mode wanted"))
    await open_ticket(open_uow, form, "dark mode")
    await answer(open_uow, form, sentiment=0.9)
    async with open_uow() as uow:
        ticket2 = await uow.tickets.current(form.conversation_id)
        assert ticket2 is not None
        await uow.tickets.set_status(ticket2.id, TicketStatus.WAITING_CUSTOMER)
        await uow.commit()


async def test_every_figure_is_what_plain_sql_counts(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    await a_busy_day(open_uow)
    now = datetime.now(UTC)
    body = await read_digest(open_uow, WordEmbedder(), now.date(), now, 0.3)
    assert body["is_final"] is False
    views = {figures["channel"]: figures for figures in [body["totals"], *body["channels"]]}  # type: ignore[misc, index]
    assert set(views) == {None, *Channel}
    for channel, shown in views.items():
        where = "true" if channel is None else f"channel = '{channel}'"
        of_ticket = where.replace("channel", "source_channel")

        async def count(query: str) -> object:
            return await owner.fetchval(query)

        inbound = f"FROM messages WHERE role = 'customer' AND {where}"
        assert shown["messages"] == await count(f"SELECT count(*) {inbound}")
        assert shown["conversations"] == await count(
            f"SELECT count(DISTINCT conversation_id) {inbound}"
        )
        assert shown["sentiment"]["average"] == await count(
            f"SELECT avg(sentiment)::float8 {inbound}"
        )
        assert shown["sentiment"]["negative"] == await count(
            f"SELECT count(*) {inbound} AND sentiment < 0.3"
        )
        tickets = f"SELECT count(*) FROM tickets k WHERE {of_ticket}"
        assert shown["resolution"]["tickets"] == await count(tickets)
        helpful = "(SELECT helpful FROM feedback f WHERE f.ticket_id = k.id)"
        confirmed = await count(f"{tickets} AND (status = 'resolved' OR {helpful})")
        assumed = await count(
            f"{tickets} AND status = 'waiting_customer' AND escalation_reason IS NULL AND {helpful} IS NULL"
        )
        assert (shown["resolution"]["confirmed"], shown["resolution"]["assumed"]) == (
            confirmed,
            assumed,
        )
        turns = f"FROM agent_metrics WHERE {where}"
        assert shown["response_times"]["answers"] == await count(f"SELECT count(*) {turns}")
        assert shown["response_times"]["p95_ms"] == await count(
            f"SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) {turns}"
        )
        escalated = await count(f"{tickets} AND escalated_at IS NOT NULL")
        assert shown["escalations"]["total"] == escalated
        assert shown["escalations"]["by_reason"] == ({"refund": escalated} if escalated else {})
        staffed = await count(
            f"SELECT count(DISTINCT conversation_id) FROM messages WHERE role = 'staff' AND {where}"
        )
        assert shown["response_times"]["staff_answers"] == staffed
    assert views[None]["resolution"]["confirmed_rate"] == pytest.approx(2 / 5)
    assert views[None]["resolution"]["assumed"] == 2
    issues = body["top_issues"]
    assert (issues[0]["name"], issues[0]["count"]) == ("Calendar sync stopped", 3)  # type: ignore[index]
    assert len(issues[0]["examples"]) == 3  # type: ignore[index]
    text = describe(body)
    assert text.splitlines()[2:9] == [
        "All channels",
        "- 5 messages in 5 conversations",
        "- 5 new tickets: 2 confirmed as resolved (40%), 2 assumed to be (40%), 1 not resolved",
        f"- 5 answers: half within 1.0 s, 95 of 100 within {views[None]['response_times']['p95_ms'] / 1000:.1f} s",
        "- a person's first word, 0.0 s after the hand-over on average (1 ticket)",
        "- mood 0.44 on average, from 0 (furious) to 1 (delighted); 2 messages below 0.3",
        "- 1 ticket handed over: refund 1",
    ]
    assert (
        f"- Calendar sync stopped: 3 tickets, such as {issues[0]['examples'][0]['ticket_id']}, "
        in text
    )  # type: ignore[index]
    assert "refund please" not in text, "a mail can't be erased"


async def test_a_day_that_is_over_is_kept_and_its_examples_go_with_their_customer(
    open_uow: OpenUnitOfWork, pool: object
) -> None:
    await a_busy_day(open_uow)
    today = datetime.now(UTC)
    tomorrow = today + timedelta(days=1)
    first = await read_digest(open_uow, WordEmbedder(), today.date(), tomorrow, 0.3)
    assert first["is_final"] is True
    mail = await store(
        open_uow,
        a_message(replace(ANN, value="ann0@example.com"), text="one more", thread="late"),
    )
    await open_ticket(open_uow, mail)
    async with open_uow() as uow:
        await uow.customers.erase(mail.customer_id)
        await uow.commit()
    again = await read_digest(open_uow, WordEmbedder(), today.date(), tomorrow, 0.3)
    assert again["totals"] == first["totals"]
    assert len(first["top_issues"][0]["examples"]) == 3  # type: ignore[index]
    assert len(again["top_issues"][0]["examples"]) == 2  # type: ignore[index]
    async with open_uow() as uow:
        assert await uow.digests.claim_mail(today.date())
        assert not await uow.digests.claim_mail(today.date())


async def agent_config() -> AgentConfig:
    return AgentConfig()


async def test_yesterdays_digest_is_mailed_to_staff_once_as_text_and_html(
    open_uow: OpenUnitOfWork,
) -> None:
    with serve(create_app("support@techcorp.example")) as url:
        jobs = LearningJobs(
            Settings(
                _env_file=None,
                enabled_channels="web_form,email",
                gmail_address="support@techcorp.example",
                gmail_client_id="id",
                gmail_client_secret=SecretStr("secret"),
                gmail_refresh_token=SecretStr("r"),
                gmail_api_base_url=url,
                gmail_token_uri=f"{url}/token",
                digest_mail_to="grace@techcorp.example, omar@techcorp.example",
            ),
            open_uow,
            embedder(),
            WordEmbedder(),
            scorer(),
            agent_config,
        )
        try:
            await jobs.keep_digest()
            await jobs.keep_digest()
        finally:
            jobs.close()
        async with httpx.AsyncClient() as client:
            (mail,) = (await client.get(f"{url}/_sent")).json()
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    assert mail["to"] == ["grace@techcorp.example", "omar@techcorp.example"]
    assert mail["subject"] == f"Support on {yesterday:%A}, {yesterday.day} {yesterday:%B %Y}"
    assert mail["headers"]["Auto-Submitted"] == "auto-generated"
    assert "- 0 messages in 0 conversations" in mail["text"]
    assert "<li>0 messages in 0 conversations</li>" in mail["html"]


async def test_staff_read_the_digest_of_a_day(open_uow: OpenUnitOfWork, pool: object) -> None:
    await a_busy_day(open_uow)
    api = Api(make_context(open_uow, pool))  # type: ignore[arg-type]
    path = "/api/v1/digest/daily"
    assert (await api.client.get(path)).status_code == 401
    future = (datetime.now(UTC) + timedelta(days=2)).date()
    assert (
        await api.client.get(path, params={"date": str(future)}, headers=GRACE)
    ).status_code == 400
    assert (await api.client.get(path, params={"date": "soon"}, headers=GRACE)).status_code == 400
    quiet = await api.client.get(path, params={"date": "2020-02-02"}, headers=GRACE)
    assert quiet.status_code == 200, quiet.text
    assert quiet.json()["totals"]["resolution"]["confirmed_rate"] is None
    await api.client.aclose()
