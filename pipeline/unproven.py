"""Keeps what an unproven sender wrote from leaving: such an address gets one fixed text a day, or a person decides.

A mail's From is easily forged, so a reply may reach a third person. Nothing automatic that goes there holds
a word of the mail: no answer, no subject, no name, no file name.
"""

from __future__ import annotations

from domain import wording
from domain.company import Company
from domain.languages import Language
from domain.records import Conversation
from domain.stores import UnitOfWork
from domain.tickets import EscalationReason
from domain.turns import Draft, Escalation, Turn
from pipeline.summary import hand_over_summary

_WHY = "the sender's address is not proven"


def draft_for_unproven(turn: Turn) -> Draft:
    """Draft the end of a turn that no model is asked about; `withhold` decides at the commit what is sent.

    A second message in the conversation goes to a person: the fixed text did not help the sender.
    """
    draft = Draft(model="rules")
    if turn.history or turn.company.mail.unproven == "person":
        _hand_over(turn, draft)
    else:
        draft.reply = wording.say(turn.company, turn.language, "unproven")
        draft.asks_back = True
    return draft


async def withhold(uow: UnitOfWork, conversation: Conversation, turn: Turn, draft: Draft) -> None:
    """Replace the reply of a draft by the fixed text, or by none; then a person answers.

    In the transaction that commits the draft, so that two turns never both send the text. One that a person approves
    takes nothing from the day's notices.
    """
    is_answered = draft.reply is not None
    draft.reply = None
    may_notify = (
        turn.company.mail.unproven != "person"
        if draft.is_held
        else is_answered and await _may_notify(uow, conversation, turn.company)
    )
    if is_answered and may_notify:
        draft.reply = wording.say(turn.company, turn.language, "unproven")
    elif draft.escalation is None:
        _hand_over(turn, draft)


async def notice(
    uow: UnitOfWork, conversation: Conversation, company: Company, language: Language
) -> str | None:
    """Return the fixed text if it may go to the conversation's sender today."""
    is_due = await _may_notify(uow, conversation, company)
    return wording.say(company, language, "unproven") if is_due else None


async def _may_notify(uow: UnitOfWork, conversation: Conversation, company: Company) -> bool:
    if company.mail.unproven == "person":
        return False
    address = await uow.customers.recipient(conversation.customer_id, conversation.channel)
    return await uow.customers.take_notice(address)


def _hand_over(turn: Turn, draft: Draft) -> None:
    reason = EscalationReason.LOOP_GUARD
    draft.asks_back = False
    draft.escalation = Escalation(reason, hand_over_summary(turn, reason, evidence=_WHY, note=None))
