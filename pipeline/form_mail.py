"""Tells form customers by mail that there is an answer, unless their page has shown it.

Whoever fills in a form only claims the address, so the mail holds the ticket's number and a link, and no word that
was typed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from domain import wording
from domain.channels import Channel
from domain.errors import NotFound
from domain.messages import Role
from domain.stores import OpenUnitOfWork
from pipeline.queueing import send_message

log = logging.getLogger(__name__)

SHOWN_WITHIN = timedelta(seconds=5)
"""An open page shows an answer within this time; a page that reconnects does too."""
_MAILS_A_DAY = 5
"""To one address: the form must not be a way to flood somebody else's mailbox."""
_AT_ONCE = 100

PageLink = Callable[[str], str]
"""Takes a ticket's number; returns the signed address of its page."""


async def tell_of_answers(open_uow: OpenUnitOfWork, link: PageLink) -> int:
    """Queue one mail for each conversation with an answer that nobody has seen; return how many. Idempotent."""
    async with open_uow() as uow:
        due = await uow.form_pages.unseen(SHOWN_WITHIN, _AT_ONCE)
    told = 0
    for conversation_id in due:
        try:
            told += await _tell(open_uow, conversation_id, link)
        except NotFound as error:
            log.warning("conversation %s: its customer can't be told: %s", conversation_id, error)
    return told


async def _tell(open_uow: OpenUnitOfWork, conversation_id: UUID, link: PageLink) -> bool:
    """Note the answers as told and queue the mail, in one transaction."""
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        if not await uow.form_pages.take_told(conversation_id):
            return False
        customer_id = conversation.customer_id
        ticket = await uow.tickets.current(conversation_id)
        address = await uow.customers.recipient(customer_id, Channel.EMAIL)
        is_failing = address.value in await uow.customers.failing(customer_id)
        is_too_much = await uow.form_pages.mails_today(customer_id) >= _MAILS_A_DAY
        if ticket is None or is_failing or is_too_much:
            await uow.commit()
            return False
        company = (await uow.company.current()).company
        language = conversation.language or company.languages[0]
        number, url = ticket.number, link(ticket.number)
        subject = wording.say(company, language, "form_answer.subject", ticket=number)
        mail_id = await uow.form_pages.open_mail(customer_id, subject, conversation.language)
        text = wording.say(company, language, "form_answer", ticket=number, url=url)
        config = await uow.channel_configs.get(Channel.EMAIL)
        await send_message(
            uow,
            await uow.conversations.lock(mail_id),
            role=Role.AGENT,
            author="rules",
            content=wording.render(text, config, "", number, company, language, is_whole=True),
            trace_id=None,
        )
        await uow.commit()
    return True
