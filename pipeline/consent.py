"""Ends and resumes our messages at the customer's wish, and confirms each change once."""

from __future__ import annotations

from domain import wording
from domain.consent import answers, find_wish
from domain.messages import CONFIRMS_CONSENT, InboundMessage, Role, Standing
from domain.records import Conversation, Customer
from domain.stores import UnitOfWork
from pipeline.queueing import send_message

CONFIRMED_ELSEWHERE = "OptOutType"
"""A key of `details`: the provider found the wish itself and confirms it."""


async def change_consent(
    uow: UnitOfWork, customer: Customer, conversation: Conversation, inbound: InboundMessage
) -> Standing:
    """Apply the wish that a message states, and return what the message is.

    A word that answers what we said last, or that would change nothing, is an ordinary message. Where only START
    gets through after STOP, any later message is a new consent.
    """
    if inbound.standing not in (Standing.OPT_OUT, Standing.OPT_IN):
        if (
            inbound.standing is Standing.NORMAL
            and customer.is_opted_out
            and inbound.channel.facts.renews_consent
        ):
            await uow.customers.set_opted_out(customer.id, False)
        return inbound.standing
    is_stop = inbound.standing is Standing.OPT_OUT
    if not is_stop and not customer.is_opted_out:
        return Standing.NORMAL
    if is_stop and await _answers_us(uow, conversation, inbound):
        return Standing.NORMAL
    if is_stop is not customer.is_opted_out:
        await uow.customers.set_opted_out(customer.id, is_stop)
        if CONFIRMED_ELSEWHERE not in inbound.details:
            await _confirm(uow, conversation, inbound, "stopped" if is_stop else "resumed")
    return inbound.standing


async def _answers_us(uow: UnitOfWork, conversation: Conversation, inbound: InboundMessage) -> bool:
    wish = find_wish(inbound.text)
    if CONFIRMED_ELSEWHERE in inbound.details or wish is None or not wish.may_name_product:
        return False
    said = await uow.messages.last_said(conversation.id)
    return said is not None and answers(inbound.text, said.content)


async def _confirm(
    uow: UnitOfWork, conversation: Conversation, inbound: InboundMessage, key: str
) -> None:
    company = (await uow.company.current()).company
    wish = find_wish(inbound.text)
    language = (
        (wish.language if wish is not None else None)
        or conversation.language
        or company.languages[0]
    )
    await send_message(
        uow,
        conversation,
        role=Role.AGENT,
        author=CONFIRMS_CONSENT,
        content=wording.say(company, language, f"consent.{key}"),
        trace_id=None,
    )
