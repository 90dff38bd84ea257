"""Serves the mailboxes: that of the settings, and further ones that administrators add."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from deployments.api.context import Admin, Context
from deployments.api.errors import STAFF_ERRORS, ConflictBody, ErrorBody, FieldErrorBody
from deployments.mailboxes import OWN
from domain.errors import Conflict
from domain.records import MailboxState
from pipeline.mailboxes import add_mailbox, is_well, remove_mailbox

router = APIRouter(
    prefix="/mailboxes", tags=["mailboxes"], responses={400: {"model": FieldErrorBody}}
)


class NewMailbox(BaseModel):
    """A mailbox to add."""

    address: str = Field(max_length=320, description="Replies to its mail leave from it.")
    kind: str = Field(max_length=40, description="`imap` or `gmail`.")
    settings: dict[str, str] = Field(
        default={},
        description="Of `imap`: `imap_url`, `smtp_url` (both needed), `authserv_id`, `aliases`, and `secret_is`:"
        " `password` or `token_command`. Of `gmail`: none.",
    )
    secret: str = Field(
        max_length=120,
        description="Name, beginning with MAILBOX_, of the variable or of the file in SECRETS_DIR that holds the"
        " password, the token command or Gmail's refresh token. Never the secret itself.",
    )


class MailboxView(BaseModel):
    """A mailbox and how reading it goes."""

    id: str = Field(description="`settings` for the mailbox of the settings.")
    address: str
    kind: str
    settings: dict[str, str]
    secret: str
    state: Literal["new", "healthy", "failing"]
    last_read_at: datetime | None
    failing_since: datetime | None
    last_error: str | None


class Mailboxes(BaseModel):
    """All mailboxes; that of the settings is first."""

    mailboxes: list[MailboxView]


@router.get("", response_model=Mailboxes, responses=STAFF_ERRORS)
async def list_mailboxes(context: Context, _caller: Admin) -> Mailboxes:
    """List the mailboxes in the order in which they were added."""
    async with context.open_uow() as uow:
        own = [
            _view(
                OWN,
                found.address,
                found.kind,
                found.settings,
                found.secret,
                await uow.mailboxes.state(found.address),
            )
            for found in context.mailboxes.own()
        ]
        further = [
            _view(
                str(row.id),
                row.address,
                row.kind,
                row.settings,
                row.secret,
                await uow.mailboxes.state(row.address),
            )
            for row in await uow.mailboxes.list()
        ]
    return Mailboxes(mailboxes=[*own, *further])


@router.post(
    "",
    status_code=201,
    response_model=MailboxView,
    responses={**STAFF_ERRORS, 409: {"model": ConflictBody}},
)
async def create_mailbox(context: Context, caller: Admin, mailbox: NewMailbox) -> MailboxView:
    """Add a mailbox. It is read within seconds, without a restart; what already lies in it is context.

    Reaches no server: `state` tells how reading goes, and `GET /doctor` checks the logins.
    """
    address = mailbox.address.strip().lower()
    context.mailboxes.check(address, mailbox.kind, mailbox.settings, mailbox.secret)
    if any(found.address == address for found in context.mailboxes.own()):
        raise Conflict(f"{address} is the mailbox of the settings")
    row = await add_mailbox(
        context.open_uow, address, mailbox.kind, mailbox.settings, mailbox.secret, caller.name
    )
    return _view(str(row.id), row.address, row.kind, row.settings, row.secret, MailboxState())


@router.delete(
    "/{mailbox_id}",
    status_code=204,
    response_class=Response,
    responses={**STAFF_ERRORS, 404: {"model": ErrorBody}, 409: {"model": ConflictBody}},
)
async def delete_mailbox(
    context: Context, caller: Admin, mailbox_id: Annotated[UUID | Literal["settings"], Path()]
) -> None:
    """Stop reading a mailbox. Its conversations stay; their replies leave from the first mailbox."""
    if not isinstance(mailbox_id, UUID):
        raise Conflict("this mailbox is made by the settings: change them and restart")
    await remove_mailbox(context.open_uow, mailbox_id, caller.name)


def _view(
    mailbox_id: str,
    address: str,
    kind: str,
    settings: Mapping[str, str],
    secret: str,
    state: MailboxState,
) -> MailboxView:
    is_new = state.synced_at is None and state.failing_since is None
    return MailboxView(
        id=mailbox_id,
        address=address,
        kind=kind,
        settings=dict(settings),
        secret=secret,
        state="new" if is_new else "healthy" if is_well(state) else "failing",
        last_read_at=state.synced_at,
        failing_since=state.failing_since,
        last_error=state.last_error,
    )
