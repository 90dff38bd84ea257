"""Keeps macros, and fills one for a conversation."""

from __future__ import annotations

from uuid import UUID

from domain.macros import Macro, check_placeholders, fill
from domain.names import usable_name
from domain.records import Conversation
from domain.stores import OpenUnitOfWork, UnitOfWork


async def add_macro(open_uow: OpenUnitOfWork, title: str, content: str, staff: str) -> Macro:
    """Store a macro. Raises Malformed for an unknown placeholder, Conflict for a title that is taken."""
    check_placeholders(content)
    async with open_uow() as uow:
        macro = await uow.macros.add(title, content, staff)
        await uow.audit.add(staff, "macro_added", "macro", str(macro.id))
        await uow.commit()
    return macro


async def change_macro(
    open_uow: OpenUnitOfWork, macro_id: UUID, title: str, content: str, staff: str
) -> Macro:
    """Change a macro. Raises NotFound, and what `add_macro` raises."""
    check_placeholders(content)
    async with open_uow() as uow:
        macro = await uow.macros.change(macro_id, title, content)
        await uow.audit.add(staff, "macro_changed", "macro", str(macro_id))
        await uow.commit()
    return macro


async def remove_macro(open_uow: OpenUnitOfWork, macro_id: UUID, staff: str) -> None:
    """Remove a macro. Raises NotFound."""
    async with open_uow() as uow:
        await uow.macros.remove(macro_id)
        await uow.audit.add(staff, "macro_removed", "macro", str(macro_id))
        await uow.commit()


async def filled(uow: UnitOfWork, macro: Macro, conversation: Conversation, staff: str) -> str:
    """Return the macro's text for a conversation, as `staff` sends it."""
    customer = await uow.customers.get(conversation.customer_id)
    ticket = await uow.tickets.current(conversation.id)
    profile = await uow.company.current()
    values = {
        "name": usable_name(conversation.name_of(customer)),
        "ticket": ticket.number if ticket else "",
        "subject": (ticket.subject if ticket else "") or conversation.subject or "",
        "agent": staff,
        "company": profile.company.name,
    }
    return fill(macro.content, values)
