"""Finds or makes the customer that an identifier belongs to, and merges customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.stores.merges import Merges
from database.stores.personal_data import PersonalData
from database.text import storable
from domain.channels import Channel
from domain.desk import Merge
from domain.errors import Conflict, NotFound
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.names import clean_name
from domain.records import Customer, FailingAddress, UnderWay
from domain.stores import AuditLog, Customers

_SQL = load_queries("customers")
_ACTOR = "system"


class PostgresCustomers(Customers):
    """`Customers` on PostgreSQL."""

    def __init__(self, session: Session, audit: AuditLog) -> None:
        self._session = session
        self._audit = audit
        self._merges = Merges(session, audit, self.lock)
        self._personal_data = PersonalData(session, audit)

    @override
    async def resolve(self, identifier: Identifier, name: str) -> Customer:
        name = clean_name(storable(name))
        owner = await self._owner(identifier)
        if owner is None:
            new: UUID = await self._session.value(_SQL["insert"], name)
            await self._insert_identifier(new, identifier)
            return Customer(new, name, is_opted_out=False)
        customer = await self.get(owner)
        # A proven sender may change the name; a claim only gives one to whoever has none.
        is_new = name != customer.name and (identifier.assurance.is_proven or not customer.name)
        if name and is_new:
            await self._session.run(_SQL["rename"], owner, name)
            return replace(customer, name=name)
        return customer

    @override
    async def resolve_free(self, senders: Sequence[tuple[Identifier, str]]) -> list[UUID | None]:
        keys = [sender for sender, _ in senders]
        rows = await self._session.rows(_SQL["try_lock_identifiers"], *_columns(keys))
        free = {key for key, row in zip(keys, rows, strict=True) if row["is_locked"]}
        found = {
            (row["kind"], row["value"]): row["id"]
            for row in await self._session.rows(_SQL["find_and_try_lock"], *_columns(free))
        }
        owners: list[UUID | None] = []
        new: list[tuple[UUID, str, str, str, str]] = []
        for sender, said in senders:
            owner: UUID | None = None
            if (sender.kind, sender.value) in found:
                owner = found[sender.kind, sender.value]
            elif sender in free:
                owner = uuid4()
                name = clean_name(storable(said))
                new.append((owner, name, sender.kind, sender.value, sender.assurance))
            owners.append(owner)
        if new:
            await self._session.run(_SQL["insert_known_by"], *zip(*new, strict=True))
        return owners

    async def _owner(self, identifier: Identifier) -> UUID | None:
        """Lock and return the identifier's customer, and update the identifier's assurance."""
        found = await self._find(identifier)
        if found is not None:
            identifier_id, owner = found
            if identifier.assurance.is_proven:
                await self._raise_assurance(identifier_id, identifier)
            return owner
        stray = await self._find_stray_claim(identifier)
        if stray is None:
            return None
        # Another customer only claimed it: the owner becomes a new customer without that one's data.
        new_owner: UUID = await self._session.value(_SQL["insert"], "")
        await self._move_identifier(stray, new_owner, identifier, _ACTOR)
        return new_owner

    async def _find(self, identifier: Identifier) -> tuple[UUID, UUID] | None:
        """Lock an identifier and its owner and return both ids.

        A proven identifier and a claimed one of the same value have different owners.
        """
        await self._session.value(_SQL["lock_identifier"], identifier.kind, identifier.value)
        while True:
            row = await self._find_row(identifier)
            if row is None:
                return None
            owner = await self.lock(row["customer_id"])
            again = await self._find_row(identifier)
            # A merge or its undo may have moved the identifier while we waited for the lock.
            if again is not None and again["customer_id"] == owner:
                return again["id"], owner

    async def _find_row(self, identifier: Identifier) -> asyncpg.Record | None:
        query = "find_proven" if identifier.assurance.is_proven else "find_claimed"
        return await self._session.row(_SQL[query], identifier.kind, identifier.value)

    async def _find_stray_claim(self, identifier: Identifier) -> asyncpg.Record | None:
        if not identifier.assurance.is_proven:
            return None
        return await self._session.row(_SQL["find_stray_claim"], identifier.kind, identifier.value)

    async def lock(self, customer_id: UUID) -> UUID:
        """Lock a customer, or the customer it was merged into, and return the locked one's id."""
        locked: UUID | None = await self._session.value(_SQL["lock_customer"], customer_id)
        if locked is None:
            raise NotFound("no such customer")
        return locked

    @override
    async def link(self, customer_id: UUID, identifier: Identifier, actor: str) -> UUID:
        await self._session.value(_SQL["lock_several"])
        proven = replace(identifier, assurance=Assurance.VERIFIED)
        found = await self._find(proven)
        customer = await self._living(await self.lock(customer_id))
        if found is None:
            await self._add_identifier(customer, identifier, actor)
            return customer
        identifier_id, owner = found
        if owner == customer:
            await self._raise_assurance(identifier_id, identifier)
            return customer
        if not identifier.assurance.is_proven:
            raise Conflict("a claimed identifier that belongs to somebody else")
        await self._raise_assurance(identifier_id, identifier)
        # A customer who is only claimed joins the proven one, whose name and data stay.
        kept, merged = customer, owner
        if not await self._session.value(_SQL["is_proven"], customer):
            kept, merged = owner, customer
        cause = f"both proved to be the owner of the same {identifier.kind.value}"
        await self._merges.merge(kept=kept, merged=merged, cause=cause, actor=actor)
        return kept

    async def _add_identifier(self, customer: UUID, identifier: Identifier, actor: str) -> None:
        """Add an identifier that nobody has proven: the customer's own claim, another's, or a new one."""
        own = await self._session.row(
            _SQL["find_own_claim"], customer, identifier.kind, identifier.value
        )
        if own is not None:
            await self._raise_assurance(own["id"], identifier)
            return
        stray = await self._find_stray_claim(identifier)
        if stray is not None:
            await self._move_identifier(stray, customer, identifier, actor)
            return
        await self._insert_identifier(customer, identifier)
        await self._audit.add(
            actor,
            "identifier_linked",
            "customer",
            str(customer),
            {"kind": identifier.kind.value, "assurance": identifier.assurance.value},
        )

    async def _insert_identifier(self, customer_id: UUID, identifier: Identifier) -> None:
        await self._session.run(
            _SQL["insert_identifier"],
            customer_id,
            identifier.kind,
            identifier.value,
            identifier.assurance,
        )

    async def _raise_assurance(self, identifier_id: UUID, identifier: Identifier) -> None:
        await self._session.run(_SQL["raise_assurance"], identifier_id, identifier.assurance)

    async def _move_identifier(
        self, claim: asyncpg.Record, new: UUID, identifier: Identifier, actor: str
    ) -> None:
        await self._session.run(_SQL["move_identifier"], claim["id"], new, identifier.assurance)
        await self._audit.add(
            actor,
            "identifier_taken_over",
            "customer",
            str(new),
            {"identifier_id": str(claim["id"]), "from": str(claim["customer_id"])},
        )

    @override
    async def merge(self, customer_id: UUID, other_id: UUID, actor: str) -> UUID:
        await self._session.value(_SQL["lock_several"])
        kept = await self._living(await self.lock(customer_id))
        merged = await self._living(await self.lock(other_id))
        if kept == merged:
            raise Conflict("they are one customer already")
        if not await self._session.value(_SQL["is_proven"], kept):
            kept, merged = merged, kept
        return await self._merges.merge(kept=kept, merged=merged, cause="staff", actor=actor)

    @override
    async def merges(self, customer_id: UUID) -> list[Merge]:
        return await self._merges.of(customer_id)

    @override
    async def undo_merge(self, merge_id: UUID, actor: str) -> None:
        await self._session.value(_SQL["lock_several"])
        await self._merges.undo(merge_id, actor)

    @override
    async def get(self, customer_id: UUID) -> Customer:
        row = await self._session.row(_SQL["get"], customer_id)
        if row is None:
            raise NotFound("no such customer")
        return Customer(row["id"], row["name"], row["is_opted_out"])

    @override
    async def find(self, identifier: Identifier) -> Customer:
        for query in ("find_proven", "find_claimed", "find_stray_claim"):
            row = await self._session.row(_SQL[query], identifier.kind, identifier.value)
            if row is not None:
                return await self.get(row["customer_id"])
        raise NotFound("no such customer")

    @override
    async def identifiers(self, customer_id: UUID) -> list[Identifier]:
        rows = await self._session.rows(_SQL["identifiers"], customer_id)
        return [_identifier(row) for row in rows]

    @override
    async def set_opted_out(self, customer_id: UUID, opted_out: bool) -> None:
        await self._session.run(_SQL["set_opted_out"], customer_id, opted_out)

    @override
    async def last_wrote_at(self, customer_id: UUID, channel: Channel) -> datetime | None:
        at: datetime | None = await self._session.value(_SQL["last_wrote_at"], customer_id, channel)
        return at

    @override
    async def recipient(
        self, customer_id: UUID, channel: Channel, written_to: UUID | None = None
    ) -> Identifier:
        if written_to is not None:
            row = await self._session.row(_SQL["own_identifier"], customer_id, written_to)
            if row is not None:
                return _identifier(row)
        row = await self._session.row(_SQL["last_sender"], customer_id, channel)
        if row is not None:
            return replace(_identifier(row), address=row["written"] or "")
        kinds = list(channel.facts.reply_kinds)
        row = await self._session.row(_SQL["best_identifier"], customer_id, kinds)
        if row is None:
            raise NotFound("the customer can't be reached on this channel")
        return _identifier(row)

    @override
    async def mark_failing(self, addresses: Sequence[str], code: str) -> None:
        await self._session.run(_SQL["mark_failing"], list(addresses), storable(code))

    @override
    async def failing(self, customer_id: UUID) -> Mapping[str, FailingAddress]:
        rows = await self._session.rows(_SQL["failing"], customer_id)
        return {
            row["value"]: FailingAddress(row["failing_since"], row["failing_code"] or "")
            for row in rows
        }

    @override
    async def take_notice(self, address: Identifier) -> bool:
        await self._session.run(_SQL["forget_notices"])
        taken = await self._session.row(_SQL["take_notice"], address.kind, address.value)
        return taken is not None

    @override
    async def export(self, customer_id: UUID) -> Mapping[str, object]:
        return await self._personal_data.export(await self._living(customer_id))

    @override
    async def erase(self, customer_id: UUID) -> list[UUID]:
        await self._session.value(_SQL["lock_several"])
        return await self._personal_data.erase(await self.lock(customer_id))

    @override
    async def under_way(
        self, customer_ids: Sequence[UUID], silent_after: timedelta
    ) -> list[UnderWay]:
        return await self._personal_data.under_way(customer_ids, silent_after)

    async def _living(self, customer_id: UUID) -> UUID:
        """Return the id of the customer or of the one it was merged into. Raises NotFound if erased."""
        row = await self._session.row(_SQL["get"], customer_id)
        if row is None or row["is_erased"]:
            raise NotFound("no such customer")
        found: UUID = row["id"]
        return found


def _columns(identifiers: Iterable[Identifier]) -> tuple[list[str], list[str]]:
    keys = list(identifiers)
    return [key.kind for key in keys], [key.value for key in keys]


def _identifier(row: asyncpg.Record) -> Identifier:
    return Identifier(IdentifierKind(row["kind"]), row["value"], Assurance(row["assurance"]))
