"""Tests that each customer is told once, in each conversation and channel, that an AI writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest

from domain.channels import Channel
from domain.company import Disclosure
from domain.languages import Language
from domain.messages import InboundMessage, Role
from domain.stores import OpenUnitOfWork
from domain.turns import Draft
from domain.wording import is_word_for_person, say, say_disclosure
from pipeline import staff
from pipeline.company import change_company
from pipeline.deliver import Delivering, DeliverySettings
from pipeline.receive import receive
from pipeline.triage import SentimentThresholds
from pipeline.turns import commit_turn, make_turn
from tests.integration.stages import RecordingSender, by_form, by_mail, by_whatsapp
from tests.sample_profile import COMPANY

pytestmark = pytest.mark.postgres

LANGUAGES = (Language.ENGLISH, Language.GERMAN, Language.FRENCH, Language.SPANISH)
WAYS: tuple[Callable[[int], InboundMessage], ...] = (
    lambda number: by_form("How do I export?", f"n{number}@example.com"),
    lambda number: by_mail("How do I export?", f"n{number}@example.com"),
    lambda number: by_whatsapp("How do I export?", f"+120255501{number:02}"),
)


async def answer(
    open_uow: OpenUnitOfWork, inbound: InboundMessage, language: Language, **draft: str
) -> tuple[UUID, UUID, str]:
    """Receive a message and commit a turn over it; the conversation, the reply and what it says."""
    accepted = await receive(open_uow, inbound)
    return await answer_again(open_uow, accepted.conversation_id, language, **draft)


async def answer_again(
    open_uow: OpenUnitOfWork, conversation_id: UUID, language: Language, **draft: str
) -> tuple[UUID, UUID, str]:
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        before = await uow.turns.before(conversation_id)
        said = await uow.messages.of_conversation(conversation_id)
        asked = [message for message in said if message.role is Role.CUSTOMER]
        turn_id, fence = await uow.turns.start(conversation_id, None)
        turn = make_turn(turn_id, fence, conversation, before, asked, [], language)
        turn = replace(turn, company=replace(COMPANY, disclosure=before.company.company.disclosure))
        made = Draft(**{"reply": "Open Settings, then Export.", "model": "rules", **draft})  # type: ignore[arg-type]
        done = await commit_turn(
            uow, conversation, turn, made, None, SentimentThresholds(), [one.id for one in asked]
        )
        await uow.commit()
    assert done.reply is not None
    return conversation_id, done.reply.id, done.reply.content


async def test_every_conversation_is_told_once_and_by_no_person(open_uow: OpenUnitOfWork) -> None:
    for number, (way, language) in enumerate(product(WAYS, LANGUAGES)):
        told = say_disclosure(COMPANY, language)
        conversation_id, reply_id, first = await answer(open_uow, way(number), language)
        _, _, second = await answer_again(open_uow, conversation_id, language)
        await staff.take(open_uow, conversation_id, "grace")
        await staff.reply(open_uow, conversation_id, "grace", "I look into it.")
        assert first.count(told) == 1
        assert told not in second
        async with open_uow() as uow:
            said = await uow.messages.of_conversation(conversation_id)
            told_by = [one.id for one in said if await uow.disclosures.is_made_by(one.id)]
        assert told_by == [reply_id]
        assert [one.content for one in said if one.role is Role.STAFF] == ["I look into it."]
        assert first.index(told) < first.index("Open Settings")


async def test_a_reply_that_was_never_sent_has_told_nobody(open_uow: OpenUnitOfWork) -> None:
    conversation_id, reply, _ = await answer(open_uow, WAYS[1](1), Language.ENGLISH)
    await staff.take(open_uow, conversation_id, "grace")
    sender = RecordingSender()
    delivering = Delivering(open_uow, {Channel.EMAIL: sender}, DeliverySettings())
    assert await delivering.deliver(reply) is None
    await staff.release(open_uow, conversation_id, "grace")
    _, _, next_one = await answer_again(open_uow, conversation_id, Language.ENGLISH)
    assert say_disclosure(COMPANY, "en") in next_one
    assert sender.sent == []


async def test_what_somebody_in_danger_is_told_comes_first(open_uow: OpenUnitOfWork) -> None:
    _, _, said = await answer(
        open_uow, WAYS[2](1), Language.ENGLISH, reply="Call 999 now.", fixed="Call 999 now."
    )
    assert said.index("Call 999 now.") < said.index(say_disclosure(COMPANY, "en"))


async def test_a_company_may_switch_it_off(open_uow: OpenUnitOfWork) -> None:
    silent = replace(COMPANY, disclosure=Disclosure(enabled=False))
    async with open_uow() as uow:
        version = (await uow.company.current()).version
    await change_company(open_uow, silent, replaces=version, author="ada")
    _, _, said = await answer(open_uow, WAYS[0](1), Language.ENGLISH)
    assert say_disclosure(COMPANY, "en") not in said


async def test_a_hand_over_without_a_turn_tells_it_too(open_uow: OpenUnitOfWork) -> None:
    accepted = await receive(open_uow, WAYS[0](1))
    assert accepted.ticket is not None
    await staff.ask_for_person(open_uow, accepted.ticket)
    async with open_uow() as uow:
        said = (await uow.messages.of_conversation(accepted.conversation_id))[-1]
    assert say_disclosure(COMPANY, "en") in said.content


@pytest.mark.parametrize("language", Language)
def test_the_word_alone_brings_a_person(language: Language) -> None:
    word = say(COMPANY, language, "disclosure.word")
    for written in (word, word.upper(), f"“{word}”", f" {word}!\n", f"«{word}»."):
        assert is_word_for_person(COMPANY, written)
    assert not is_word_for_person(COMPANY, f"no {word}")
    assert not is_word_for_person(COMPANY, "")
