"""Adds, changes and withdraws staff accounts, and starts and ends the sessions of their owners."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import chain, count
from uuid import UUID

from domain.errors import Conflict, SignInRefusal, SignInRefused
from domain.principals import Principal, Role, set_caller
from domain.staff_accounts import (
    Identity,
    SealedKey,
    SessionLimits,
    StaffAccount,
    checked_email,
    checked_name,
    digest_of,
    lookup_of,
    make_key,
    make_token,
    prove,
)
from domain.stores import OpenUnitOfWork, UnitOfWork

FIRST_ADMINISTRATOR = "admin"
_KIND = "staff_account"


async def add_account(
    open_uow: OpenUnitOfWork,
    name: str,
    email: str | None,
    role: Role,
    author: str,
    taken: Collection[str] = (),
) -> tuple[StaffAccount, str]:
    """Add an account and return it with its key, which is stored nowhere. Audited.

    Args:
        open_uow: Opens the database.
        name: What the audit log and conversations say.
        email: Its owner's address, if any.
        role: What its owner may do.
        author: Who adds it.
        taken: Names that belong to keys of the settings.

    Raises:
        Malformed: The name or the address can't be one.
        Conflict: Somebody else has the name.
    """
    name, email = checked_name(name), checked_email(email)
    if name.lower() in {one.lower() for one in taken}:
        raise Conflict(f"{name} is the name of a key in STAFF_API_KEYS")
    async with open_uow() as uow:
        added = await _add(uow, name, email, role, author)
        await uow.commit()
    return added


async def first_administrator(open_uow: OpenUnitOfWork) -> str | None:
    """Add an administrator and return its key, if there was never an account; None otherwise. Audited."""
    async with open_uow() as uow:
        accounts = uow.staff_accounts
        if await accounts.list() or await accounts.list(withdrawn=True):
            return None
        try:
            _, key = await _add(uow, FIRST_ADMINISTRATOR, None, Role.ADMIN, "first start")
        except Conflict:
            return None  # Another start was faster.
        await uow.commit()
    return key


async def _add(
    uow: UnitOfWork, name: str, email: str | None, role: Role, author: str
) -> tuple[StaffAccount, str]:
    key = make_key()
    account = await uow.staff_accounts.add(name, email, role, SealedKey.of(key), author)
    await uow.audit.add(author, "add", _KIND, str(account.id), {"name": name, "role": role})
    return account, key


async def rotate_key(
    open_uow: OpenUnitOfWork, account_id: UUID, author: str
) -> tuple[StaffAccount, str]:
    """Give an account a new key; the former one and every session end with the commit. Audited.

    Raises:
        NotFound: There is no such account.
        Conflict: It was withdrawn, or has no key since the identity provider vouches for its owner.
    """
    async with open_uow() as uow:
        account = await _in_force(uow, account_id)
        if account.issuer is not None:
            raise Conflict(f"{account.name} signs in at the identity provider and has no key")
        key = make_key()
        await uow.staff_accounts.set_key(account_id, SealedKey.of(key))
        await uow.staff_sessions.end_of(account_id)
        await uow.audit.add(author, "rotate", _KIND, str(account_id), {"name": account.name})
        await uow.commit()
    return account, key


async def change_role(
    open_uow: OpenUnitOfWork,
    account_id: UUID,
    role: Role,
    author: str,
    *,
    others_administer: bool,
) -> StaffAccount:
    """Change what an account's owner may do, from the next call on. Audited.

    Raises:
        NotFound: There is no such account.
        Conflict: It was withdrawn, the identity provider says its role, or it is the last administrator's.
    """
    async with open_uow() as uow:
        account = await _in_force(uow, account_id)
        if account.issuer is not None:
            raise Conflict(f"the role of {account.name} is what the identity provider says")
        if role is not Role.ADMIN and not others_administer:
            await _keep_an_administrator(uow, account)
        changed = await uow.staff_accounts.set_role(account_id, role)
        detail = {"name": account.name, "from": account.role, "to": role}
        await uow.audit.add(author, "change_role", _KIND, str(account_id), detail)
        await uow.commit()
    return changed


async def withdraw(
    open_uow: OpenUnitOfWork, account_id: UUID, author: str, *, others_administer: bool
) -> None:
    """End an account, its key and its sessions with the commit. Idempotent and audited.

    Raises:
        NotFound: There is no such account.
        Conflict: It is the last administrator's, unless `others_administer` by the settings.
    """
    async with open_uow() as uow:
        account = await uow.staff_accounts.lock(account_id)
        if account.withdrawn_at is not None:
            return
        if not others_administer:
            await _keep_an_administrator(uow, account)
        await uow.staff_accounts.withdraw(account_id)
        await uow.staff_sessions.end_of(account_id)
        await uow.audit.add(author, "withdraw", _KIND, str(account_id), {"name": account.name})
        await uow.commit()


async def reinstate(open_uow: OpenUnitOfWork, account_id: UUID, author: str) -> StaffAccount:
    """Let the owner of a withdrawn account sign in at the identity provider again. Audited.

    Raises:
        NotFound: There is no such account.
        Conflict: It had a key, or its name was given away.
    """
    async with open_uow() as uow:
        account = await uow.staff_accounts.lock(account_id)
        if account.issuer is None:
            raise Conflict(f"the key of {account.name} is gone: add an account instead")
        await uow.staff_accounts.reinstate(account)
        await uow.audit.add(author, "reinstate", _KIND, str(account_id), {"name": account.name})
        await uow.commit()
    return replace(account, withdrawn_at=None)


async def _in_force(uow: UnitOfWork, account_id: UUID) -> StaffAccount:
    account = await uow.staff_accounts.lock(account_id)
    if account.withdrawn_at is not None:
        raise Conflict(f"the account of {account.name} was withdrawn")
    return account


async def _keep_an_administrator(uow: UnitOfWork, leaving: StaffAccount) -> None:
    administrators = await uow.staff_accounts.lock_administrators()
    if list(administrators) == [leaving.id]:
        raise Conflict(f"{leaving.name} is the last administrator: make another one first")


async def find_by_key(open_uow: OpenUnitOfWork, key: str) -> StaffAccount | None:
    """Return the account that a key opens, and note that its owner calls."""
    lookup = lookup_of(key)
    if lookup is None:
        return None
    async with open_uow() as uow:
        found = await uow.staff_accounts.by_key(lookup)
        if found is None or not found[1].opens(key):
            return None
        if await uow.staff_accounts.note_seen(found[0].id):
            await uow.commit()
    return found[0]


async def admit(
    open_uow: OpenUnitOfWork, identity: Identity, taken: Collection[str] = ()
) -> StaffAccount:
    """Return the account of somebody for whom the identity provider vouches; the first time it is added.

    Its role is the one of this sign-in. Its name stays that of the first, and differs from every other name.

    Raises:
        SignInRefused: The provider grants no role, or the account was withdrawn here.
        Conflict: Another sign-in of the same person was faster.
    """
    if identity.role is None:
        raise SignInRefused(
            "Your identity provider grants you no role here: ask an administrator for one.",
            SignInRefusal.NO_ROLE,
        )
    async with open_uow() as uow:
        account = await uow.staff_accounts.by_subject(identity.issuer, identity.subject)
        if account is not None and account.withdrawn_at is not None:
            raise SignInRefused("Your account was withdrawn.", SignInRefusal.WITHDRAWN)
        if account is None:
            known = {one.name.lower() for one in await uow.staff_accounts.list()}
            name = _free_name(identity, known | {one.lower() for one in taken})
            account = await uow.staff_accounts.admit(identity, name, identity.role)
            set_caller(account.principal)
            detail = {"name": name, "role": identity.role}
            await uow.audit.add(name, "add", _KIND, str(account.id), detail)
        else:
            account = await uow.staff_accounts.renew(account.id, identity.email, identity.role)
        await uow.commit()
    return account


def _free_name(identity: Identity, taken: Collection[str]) -> str:
    """Make a name that nobody has: conversations name their owner by it."""
    name = checked_name(identity.name)
    others = (f"{name} {number}" for number in count(2))
    candidates = chain([name, f"{name} ({identity.email})"] if identity.email else [name], others)
    return next(one for one in candidates if one.lower() not in taken)


async def start_session(
    open_uow: OpenUnitOfWork, principal: Principal, limits: SessionLimits, key: str | None = None
) -> str:
    """Start a session of the console and return its token, which is stored nowhere. Audited.

    Args:
        open_uow: Opens the database.
        principal: Who signed in.
        limits: How long it lasts.
        key: The key of the settings that opened it, for a principal without an account.
    """
    token = make_token()
    set_caller(principal)
    async with open_uow() as uow:
        await uow.staff_sessions.forget_old()
        await uow.staff_sessions.start(
            digest_of(token),
            limits.absolute,
            account_id=principal.account_id,
            key_proof=prove(token, key) if key is not None else None,
        )
        await uow.audit.add(principal.name, "sign_in", "staff_session", _subject(principal))
        await uow.commit()
    return token


async def end_session(open_uow: OpenUnitOfWork, token: str, principal: Principal) -> None:
    """End a session; its cookie opens nothing from the commit on. Idempotent and audited."""
    set_caller(principal)
    async with open_uow() as uow:
        await uow.staff_sessions.end(digest_of(token))
        await uow.audit.add(principal.name, "sign_out", "staff_session", _subject(principal))
        await uow.commit()


def _subject(principal: Principal) -> str:
    return str(principal.account_id or principal.name)
