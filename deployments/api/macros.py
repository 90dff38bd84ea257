"""Serves macros, the texts that staff write once and use often."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from deployments.api.context import Agent, Context, Viewer
from deployments.api.errors import DESK_ERRORS
from deployments.api.macro_schemas import MacroList, MacroView, NewMacro
from domain.macros import PLACEHOLDERS, Macro
from pipeline.macros import add_macro, change_macro, filled, remove_macro

router = APIRouter(prefix="/macros", tags=["staff"], responses=DESK_ERRORS)


@router.get("", response_model=MacroList)
async def read_macros(
    context: Context, caller: Viewer, conversation: UUID | None = None
) -> MacroList:
    """List the macros by title; with a conversation each is also filled for it, as the caller would send it."""
    async with context.open_uow() as uow:
        macros = await uow.macros.list()
        texts: list[str | None] = [None] * len(macros)
        if conversation is not None:
            shown = await uow.conversations.get(conversation)
            texts = [await filled(uow, macro, shown, caller.name) for macro in macros]
    return MacroList(
        macros=[_view(macro, text) for macro, text in zip(macros, texts, strict=True)],
        placeholders=dict(PLACEHOLDERS),
    )


@router.post("", status_code=201, response_model=MacroView)
async def write_macro(body: NewMacro, context: Context, caller: Agent) -> MacroView:
    """Store a macro. 400 for an unknown placeholder, 409 for a title that is taken."""
    return _view(await add_macro(context.open_uow, body.title, body.content, caller.name))


@router.put("/{macro_id}", response_model=MacroView)
async def rewrite_macro(
    macro_id: UUID, body: NewMacro, context: Context, caller: Agent
) -> MacroView:
    """Change a macro."""
    macro = await change_macro(context.open_uow, macro_id, body.title, body.content, caller.name)
    return _view(macro)


@router.delete("/{macro_id}", status_code=204)
async def delete_macro(macro_id: UUID, context: Context, caller: Agent) -> Response:
    """Remove a macro; what was sent with it stays."""
    await remove_macro(context.open_uow, macro_id, caller.name)
    return Response(status_code=204)


def _view(macro: Macro, text: str | None = None) -> MacroView:
    return MacroView(
        id=macro.id,
        title=macro.title,
        content=macro.content,
        created_by=macro.created_by,
        updated_at=macro.updated_at,
        filled=text,
    )
