"""Tells a customer once in each conversation and channel that an AI writes, and which word brings a person.

The EU AI Act, Article 50, asks for it. What was said is provable: the row is written in the message's transaction.
"""

from __future__ import annotations

from domain import wording
from domain.company import Company
from domain.records import Conversation, StoredMessage
from domain.stores import UnitOfWork


async def due_disclosure(
    uow: UnitOfWork, conversation: Conversation, company: Company, language: str
) -> str:
    """Return what the next automatic message has to say of itself; empty if the customer has been told.

    A message that was never sent told nobody. The caller has locked `conversation`, and calls `note_disclosure` in the
    same transaction.
    """
    # Whoever only claims an address gets a notice that answers nothing.
    if not company.disclosure.enabled or conversation.is_unproven_mail:
        return ""
    if await uow.disclosures.is_made(conversation.id, conversation.channel):
        return ""
    return wording.say_disclosure(company, language)


async def note_disclosure(uow: UnitOfWork, message: StoredMessage, disclosure: str) -> None:
    """Keep that `message` holds the disclosure, if it does."""
    if disclosure:
        await uow.disclosures.add(message)
