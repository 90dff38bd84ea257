"""Serves the staff accounts, which administrators add, change and withdraw."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from deployments.api.context import Admin, Context
from deployments.api.errors import STAFF_ERRORS, ConflictBody, ErrorBody, FieldErrorBody
from domain.principals import Role
from domain.staff_accounts import StaffAccount
from pipeline.staff_accounts import add_account, change_role, reinstate, rotate_key, withdraw

router = APIRouter(
    prefix="/staff/accounts",
    tags=["accounts"],
    responses={400: {"model": FieldErrorBody}, **STAFF_ERRORS},
)
_OF_ONE: dict[int | str, dict[str, type[BaseModel]]] = {
    404: {"model": ErrorBody},
    409: {"model": ConflictBody},
}


class NewAccount(BaseModel):
    """An account to add."""

    name: str = Field(
        max_length=200, description="What conversations and the audit log say; nobody else's."
    )
    email: str | None = Field(default=None, max_length=320)
    role: Role


class ChangedRole(BaseModel):
    """What an account's owner may do from now on."""

    role: Role


class AccountView(BaseModel):
    """An account; its key is shown by the calls that make one and by no other."""

    id: UUID
    name: str
    email: str | None
    role: Role
    signs_in_by: Literal["key", "provider"]
    created_at: datetime
    last_seen_at: datetime | None
    withdrawn_at: datetime | None


class AccountWithKey(AccountView):
    """An account with its new key, which is shown this once."""

    key: str


class Accounts(BaseModel):
    """Accounts by name."""

    accounts: list[AccountView]


@router.get("", response_model=Accounts)
async def list_accounts(context: Context, _caller: Admin, withdrawn: bool = False) -> Accounts:
    """List the accounts in force, or the withdrawn ones. Keys of the settings have none.

    Names for assignments and mentions are what `GET /staff/people` lists, for every role.
    """
    async with context.open_uow() as uow:
        found = await uow.staff_accounts.list(withdrawn=withdrawn)
    return Accounts(accounts=[AccountView(**_shown(account)) for account in found])


@router.post(
    "", status_code=201, response_model=AccountWithKey, responses={409: {"model": ConflictBody}}
)
async def create_account(context: Context, caller: Admin, body: NewAccount) -> AccountWithKey:
    """Add an account; the answer holds its key, which nobody can read again."""
    account, key = await add_account(
        context.open_uow,
        body.name,
        body.email,
        body.role,
        caller.name,
        context.staff.reserved_names,
    )
    return AccountWithKey(**_shown(account), key=key)


@router.post("/{account_id}/rotate", response_model=AccountWithKey, responses=_OF_ONE)
async def rotate(account_id: UUID, context: Context, caller: Admin) -> AccountWithKey:
    """Make a new key; the former one and every session end at once, in every replica."""
    account, key = await rotate_key(context.open_uow, account_id, caller.name)
    return AccountWithKey(**_shown(account), key=key)


@router.patch("/{account_id}", response_model=AccountView, responses=_OF_ONE)
async def change(
    account_id: UUID, body: ChangedRole, context: Context, caller: Admin
) -> AccountView:
    """Change the role, from its owner's next call on. 409 for one that the identity provider decides."""
    account = await change_role(
        context.open_uow,
        account_id,
        body.role,
        caller.name,
        others_administer=context.staff.others_administer,
    )
    return AccountView(**_shown(account))


@router.delete("/{account_id}", status_code=204, response_class=Response, responses=_OF_ONE)
async def delete_account(account_id: UUID, context: Context, caller: Admin) -> None:
    """Withdraw an account: its key and its sessions end at once, in every replica.

    Its name stays in the audit log and in conversations. 409 for the last administrator.
    """
    await withdraw(
        context.open_uow,
        account_id,
        caller.name,
        others_administer=context.staff.others_administer,
    )


@router.post("/{account_id}/reinstate", response_model=AccountView, responses=_OF_ONE)
async def let_in_again(account_id: UUID, context: Context, caller: Admin) -> AccountView:
    """Let a withdrawn account sign in at the identity provider again. 409 for one that had a key."""
    return AccountView(**_shown(await reinstate(context.open_uow, account_id, caller.name)))


def _shown(account: StaffAccount) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "email": account.email,
        "role": account.role,
        "signs_in_by": "key" if account.issuer is None else "provider",
        "created_at": account.created_at,
        "last_seen_at": account.last_seen_at,
        "withdrawn_at": account.withdrawn_at,
    }
