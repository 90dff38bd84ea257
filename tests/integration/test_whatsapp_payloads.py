"""Plays what WhatsApp sends besides text, from the signed fields to the reply and the staff's view."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID, uuid4

import asyncpg
import pytest

from channels.whatsapp.parse import parse_inbound
from domain.messages import MessageState, Role
from domain.payloads import PayloadKind
from domain.stores import OpenUnitOfWork
from domain.tickets import TicketStatus
from tests.integration.stages import Stages

pytestmark = pytest.mark.postgres
Owner = asyncpg.Connection
VOICE = {"NumMedia": "1", "MediaContentType0": "audio/ogg"}
STICKER = {"MessageType": "sticker", "NumMedia": "1", "MediaContentType0": "image/webp"}


@dataclass
class Chat:
    """One customer's chat; each message waits for its reply."""

    stages: Stages
    number: str = "+491701234567"
    conversation_id: UUID | None = None
    replies: list[str | None] = field(default_factory=list)

    async def write(self, body: str = "", **extra: str) -> str | None:
        """Receive and answer a message; the reply, or None for silence."""
        form = {
            "MessageSid": f"SM{uuid4().hex}",
            "From": f"whatsapp:{self.number}",
            "ProfileName": "Ada Fox",
            "Body": body,
        } | extra
        inbound = parse_inbound(urlencode(form).encode(), datetime.now(UTC))
        accepted = await self.stages.receive(inbound)
        self.conversation_id = accepted.conversation_id
        before = await self.said()
        if await self.state_of(accepted.message_id) is MessageState.WAITING:
            await self.stages.answer(accepted)
        after = await self.said()
        # What receiving itself sends, such as the confirmation of STOP, is new as well.
        new = after[len(before) :] or [text for text in before if text not in self.replies]
        for message in await self.stages.messages(accepted.conversation_id):
            if message.role is not Role.CUSTOMER:
                await self.stages.delivering.deliver(message.id)
        self.replies.append(new[-1] if new else None)
        return self.replies[-1]

    async def state_of(self, message_id: UUID) -> MessageState:
        async with self.stages.open_uow() as uow:
            return (await uow.messages.get(message_id)).state

    async def said(self) -> list[str]:
        assert self.conversation_id is not None
        messages = await self.stages.messages(self.conversation_id)
        return [message.content for message in messages if message.role is not Role.CUSTOMER]

    async def is_escalated(self) -> bool:
        assert self.conversation_id is not None
        ticket = await self.stages.ticket(self.conversation_id)
        return ticket.status is TicketStatus.ESCALATED

    async def is_opted_out(self) -> bool:
        assert self.conversation_id is not None
        async with self.stages.open_uow() as uow:
            conversation = await uow.conversations.get(self.conversation_id)
            return (await uow.customers.get(conversation.customer_id)).is_opted_out


@pytest.fixture
async def chat(open_uow: OpenUnitOfWork, owner: Owner) -> Chat:
    await owner.execute("UPDATE channel_configs SET burst_window = '0'")
    return Chat(await Stages.over(open_uow))


async def test_answers_of_a_flow_and_descriptions_of_a_choice_are_what_the_customer_said(
    chat: Chat,
) -> None:
    flow = '{"topic": "login", "details": "I cannot sign in, AUTH-423", "flow_token": "x"}'
    await chat.write(MessageType="interactive", InteractiveData=flow)
    reply = await chat.write(
        "Option 2", ListId="reset", ListTitle="Option 2", ListDescription="I forgot my password"
    )
    assert chat.conversation_id is not None
    first, *_ = await chat.stages.messages(chat.conversation_id)
    assert first.content == "topic: login\ndetails: I cannot sign in, AUTH-423"
    assert reply is not None
    assert "Forgot password" in reply or "reset" in reply.lower()


async def test_a_quoted_message_is_what_this_one_means(chat: Chat) -> None:
    await chat.write("How do I turn on two-factor authentication?")
    assert chat.conversation_id is not None
    answer = (await chat.stages.messages(chat.conversation_id))[-1]
    await chat.write("How do I export a project to CSV?")
    reply = await chat.write(
        "does this one work with SMS too?",
        OriginalRepliedMessageSid=f"provider-{answer.id}",
        OriginalRepliedMessageSender="whatsapp:+14155550100",
    )
    assert reply is not None
    assert "SMS" in reply
    latest = (await chat.stages.messages(chat.conversation_id))[-2]
    async with chat.stages.open_uow() as uow:
        quoted = await uow.messages.quoted(latest)
    assert quoted is not None
    assert quoted.id == answer.id


async def test_nobody_can_quote_another_customers_message(chat: Chat) -> None:
    await chat.write("How do I turn on two-factor authentication?")
    assert chat.conversation_id is not None
    answer = (await chat.stages.messages(chat.conversation_id))[-1]
    other = Chat(chat.stages, "+491707654321")
    await other.write("what is this?", OriginalRepliedMessageSid=f"provider-{answer.id}")
    assert other.conversation_id is not None
    asked = (await chat.stages.messages(other.conversation_id))[0]
    async with chat.stages.open_uow() as uow:
        assert await uow.messages.quoted(asked) is None


async def test_a_place_and_a_contact_are_noted_and_what_is_needed_is_asked(chat: Chat) -> None:
    place = {"Latitude": "48.137154", "Longitude": "11.576124", "Label": "Marienplatz"}
    assert "noted the place" in (await chat.write(MessageType="location", **place) or "")
    card = {"NumMedia": "1", "MediaContentType0": "text/vcard"}
    assert "contact" in (await chat.write(MessageType="contacts", **card) or "")
    assert not await chat.is_escalated()


async def test_who_only_sends_voice_messages_gets_a_person_and_no_endless_reply(chat: Chat) -> None:
    first = await chat.write(**VOICE)
    assert first is not None
    assert "voice messages" in first
    assert not await chat.is_escalated()
    second = await chat.write(**VOICE)
    assert await chat.is_escalated()
    assert second != first
    later = [await chat.write(**VOICE) for _ in range(3)]
    assert later[-1] is None


@pytest.mark.parametrize(
    "fields",
    [
        {"MessageType": "unsupported"},
        {"NumMedia": "1", "MediaContentType0": "image/png"},
        {"NumMedia": "1", "MediaContentType0": "video/mp4"},
    ],
)
async def test_the_second_message_that_cannot_be_read_goes_to_a_person(
    chat: Chat, fields: dict[str, str]
) -> None:
    assert await chat.write(**fields)
    assert await chat.write(**fields)
    assert await chat.is_escalated()


async def test_a_sticker_after_an_answer_gets_silence_and_one_at_first_a_greeting(
    chat: Chat,
) -> None:
    other = Chat(chat.stages, "+491707654321")
    assert "help you" in (await other.write(**STICKER) or "")
    await chat.write("How do I archive a project?")
    assert await chat.write(**STICKER) is None
    assert not await chat.is_escalated()


async def test_the_ad_that_was_tapped_says_what_this_is(chat: Chat) -> None:
    await chat.write("How does this work?", ReferralHeadline="Export your projects to CSV")
    assert chat.conversation_id is not None
    async with chat.stages.open_uow() as uow:
        conversation = await uow.conversations.get(chat.conversation_id)
    assert conversation.subject == "Export your projects to CSV"
    assert "CSV" in (chat.replies[-1] or "")


Ask = Callable[[Chat], Awaitable[None]]


@pytest.mark.parametrize("word", ["Abmelden", "Parar", "Start", "Iniciar", "Revoke", "Sair"])
async def test_a_word_that_answers_our_question_gets_a_reply(chat: Chat, word: str) -> None:
    await chat.write("I have a problem")
    assert await chat.write(word) is not None
    assert not await chat.is_opted_out()


@pytest.mark.parametrize("word", ["start", "Iniciar", "Alta"])
async def test_start_of_somebody_who_never_stopped_is_a_message(chat: Chat, word: str) -> None:
    assert await chat.write(word) is not None


@pytest.mark.parametrize(
    ("text", "confirmed"),
    [
        ("Stop. Thank you", "START"),
        ("don't write to me any more", "no more messages"),
        ("Bitte schreiben Sie mir nicht mehr", "keine Nachrichten mehr"),
        ("STOP", "START"),
        ("Ne m'écrivez plus", "plus de messages"),
    ],
)
async def test_a_wish_to_stop_is_honoured_and_confirmed_once(
    chat: Chat, text: str, confirmed: str
) -> None:
    await chat.write("How do I archive a project?")
    assert confirmed in (await chat.write(text) or "")
    assert await chat.is_opted_out()
    said = len(await chat.said())
    await chat.write(text)
    assert len(await chat.said()) == said
    sent = [part.text for part in chat.stages.senders["whatsapp"].sent]  # type: ignore[index,attr-defined]
    assert sent[-1] == chat.replies[1]
    assert "again" in (await chat.write("START") or "") or "wieder" in (chat.replies[-1] or "")
    assert not await chat.is_opted_out()


async def test_what_twilio_confirms_itself_is_not_confirmed_again(chat: Chat) -> None:
    await chat.write("How do I archive a project?")
    said = len(await chat.said())
    await chat.write("STOP", OptOutType="STOP")
    assert await chat.is_opted_out()
    assert len(await chat.said()) == said


async def test_every_kind_is_told_apart(chat: Chat) -> None:
    kinds = {}
    for name, fields in {
        "voice": VOICE,
        "sticker": STICKER,
        "file": {"NumMedia": "1", "MediaContentType0": "application/pdf"},
        "unsupported": {"MessageType": "unsupported"},
        "text": {"Body": "Hi", "NumMedia": "1", "MediaContentType0": "image/png"},
    }.items():
        form = {"MessageSid": f"SM{uuid4().hex}", "From": "whatsapp:+491701234567"} | fields
        inbound = parse_inbound(urlencode(form).encode(), datetime.now(UTC))
        kinds[name] = inbound.details["kind"]
    assert kinds == {name: PayloadKind(name) for name in kinds}
