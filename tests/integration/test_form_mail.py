"""Tests that a form customer who has left the page hears of the answer once, and nobody else hears a typed word."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

import asyncpg
import pytest

from channels.web_form.sender import WebFormSender
from domain.channels import Channel
from domain.messages import Role
from domain.stores import OpenUnitOfWork
from pipeline.deliver import Delivering, DeliverySettings
from pipeline.form_mail import tell_of_answers
from pipeline.queueing import send_message
from pipeline.receive import receive
from tests.integration.api import Api
from tests.integration.stages import RecordingSender, by_mail

pytestmark = pytest.mark.postgres

Owned: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
QUESTION = "How do I export the secret plans of Operation Walrus?"


def link(number: str) -> str:
    return f"https://support.example/ticket/#{number}.token"


class Form:
    """A form and what becomes of it; time passes by moving the answers back."""

    def __init__(self, open_uow: OpenUnitOfWork, owner: Owned, api: Api) -> None:
        self.open_uow, self.owner, self.api = open_uow, owner, api
        self.mail = RecordingSender()
        senders = {Channel.WEB_FORM: WebFormSender(), Channel.EMAIL: self.mail}
        self.delivering = Delivering(open_uow, senders, DeliverySettings())

    async def submit(self, **changes: object) -> None:
        self.path, self.token = await self.api.open_ticket(message=QUESTION, **changes)
        self.conversation_id = await self.api.conversation_of(self.path)

    async def answer(self) -> None:
        async with self.open_uow() as uow:
            conversation = await uow.conversations.lock(self.conversation_id)
            reply = await send_message(
                uow,
                conversation,
                role=Role.AGENT,
                author="rules",
                content=f"You asked: {QUESTION}",
                trace_id=None,
            )
            await uow.commit()
        await self.delivering.deliver(reply.id)

    async def pass_time(self) -> None:
        await self.owner.execute(
            "UPDATE messages SET created_at = created_at - interval '6 seconds'"
            " WHERE channel = 'web_form'"
        )
        await self.owner.execute(
            "UPDATE form_pages SET seen_at = seen_at - interval '6 seconds',"
            " watched_until = watched_until - interval '6 seconds'"
        )

    async def tell(self, relays: int = 1) -> int:
        """Let as many relays look at once and deliver what they queued; how many customers were told."""
        looks = (tell_of_answers(self.open_uow, link) for _ in range(relays))
        told = sum(await asyncio.gather(*looks))
        mails = "SELECT id FROM messages WHERE channel = 'email' AND state = 'undelivered'"
        for row in await self.owner.fetch(mails):
            await self.delivering.deliver(row["id"])
        return told


@pytest.fixture
async def form(open_uow: OpenUnitOfWork, owner: Owned, api: Api) -> Form:
    made = Form(open_uow, owner, api)
    await made.submit()
    return made


async def test_whoever_closed_the_page_is_told_once_without_a_typed_word(form: Form) -> None:
    await form.answer()
    assert await form.tell() == 0  # the page may still be about to show it
    await form.pass_time()
    assert await form.tell(relays=3) == 1
    assert await form.tell() == 0
    [part] = form.mail.sent
    number = form.path.rpartition("/")[2]
    assert part.message.recipient.value == "ada@example.com"
    assert link(number) in part.text
    assert number in (part.message.subject or "")
    for typed in ("Walrus", "Ada", "Export of my data"):
        assert typed not in f"{part.text} {part.message.subject} {part.message.recipient_name}"


async def test_a_page_that_has_shown_the_answer_gets_no_mail(form: Form) -> None:
    await form.answer()
    view = await form.api.client.get(form.path, headers=form.token)
    assert view.status_code == 200
    await form.pass_time()
    assert await form.tell() == 0


async def test_an_answer_to_a_page_that_polls_waits_for_its_next_look(
    form: Form, owner: Owned
) -> None:
    await form.api.client.get(form.path, headers=form.token)
    await form.answer()
    await form.pass_time()
    assert await form.tell() == 0
    await owner.execute("UPDATE form_pages SET watched_until = now() - interval '1 second'")
    assert await form.tell() == 1


async def test_staff_who_look_are_not_the_customer(form: Form) -> None:
    await form.answer()
    key = {"Authorization": "Bearer key-of-grace"}
    assert (await form.api.client.get(form.path, headers=key)).status_code == 200
    await form.pass_time()
    assert await form.tell() == 1


async def test_a_further_answer_is_told_again_and_an_address_only_so_often_a_day(
    form: Form,
) -> None:
    for _ in range(7):
        await form.answer()
        await form.pass_time()
        await form.tell()
    assert len(form.mail.sent) == 5


async def test_an_address_to_which_mail_comes_back_gets_none(
    form: Form, open_uow: OpenUnitOfWork
) -> None:
    async with open_uow() as uow:
        await uow.customers.mark_failing(["ada@example.com"], "5.1.1")
        await uow.commit()
    await form.answer()
    await form.pass_time()
    assert await form.tell() == 0


async def test_a_reply_to_the_mail_is_a_proven_conversation_of_its_own(
    form: Form, open_uow: OpenUnitOfWork, owner: Owned
) -> None:
    await form.answer()
    await form.pass_time()
    await form.tell()
    subject = f"Re: {form.mail.sent[0].message.subject}"
    mail_id = await owner.fetchval("SELECT id FROM conversations WHERE status = 'closed'")
    reply = by_mail("Thanks, and what about PDF?", "ada@example.com", message_id_header="<r@x>")
    accepted = await receive(open_uow, reply)
    assert accepted.conversation_id not in (mail_id, form.conversation_id)
    async with open_uow() as uow:
        conversation = await uow.conversations.get(accepted.conversation_id)
    assert conversation.assurance.is_proven
    assert form.path.rpartition("/")[2] in subject
    view = (await form.api.client.get(form.path, headers=form.token)).json()
    assert "PDF" not in str(view)
    assert "There is an answer" not in str(view)


async def test_an_answer_that_was_never_delivered_is_not_told(form: Form) -> None:
    async with form.open_uow() as uow:
        conversation = await uow.conversations.lock(form.conversation_id)
        await send_message(
            uow, conversation, role=Role.AGENT, author="rules", content="Hi", trace_id=None
        )
        await uow.commit()
    await form.pass_time()
    assert await form.tell() == 0
