"""Reads back what became of a schedule, once nothing moves any more."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

import asyncpg
import httpx

from domain.channels import Channel
from tests.chaos.history import Accepted, History, Reply, Sent, Stored, TicketRow
from tests.chaos.system import SystemUnderFire

_TAKEN = ("queued", "sending", "sent", "delivered", "read")
"""With the provider's id beside it; `sending` is then the provider's own word."""
_FLAGGED = ("unsure", "parked", "suppressed")
_TOKEN = re.compile(r"Q\d+X\d+X\d+Z(?:R\d+)?")
LINGER_S = 1.5

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def wait_for_rest(
    system: SystemUnderFire, accepted: Sequence[Accepted], limit: timedelta
) -> bool:
    """Whether everything that was accepted is stored, and nothing waits for anybody any more."""
    tokens = [message.token for message in accepted]
    deadline = asyncio.get_running_loop().time() + limit.total_seconds()
    while asyncio.get_running_loop().time() < deadline:
        try:
            connection = await asyncpg.connect(system.database_url, timeout=3, command_timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            await asyncio.sleep(0.3)
            continue
        try:
            while asyncio.get_running_loop().time() < deadline:
                if await _is_quiet(connection, tokens):
                    await asyncio.sleep(LINGER_S)
                    if await _is_quiet(connection, tokens):
                        return True
                await asyncio.sleep(0.25)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.sleep(0.3)
        finally:
            connection.terminate()
    return False


async def _is_quiet(connection: Connection, tokens: Sequence[str]) -> bool:
    moving = await connection.fetchval(
        "SELECT (SELECT count(*) FROM messages WHERE state IN ('waiting', 'undelivered'))"
        " + (SELECT count(*) FROM outbox WHERE published_at IS NULL AND put_aside_at IS NULL)"
    )
    if moving:
        return False
    rows = await connection.fetch("SELECT content FROM messages WHERE role = 'customer'")
    found = {token for row in rows for token in _TOKEN.findall(row["content"])}
    return found.issuperset(tokens)


async def read_history(
    system: SystemUnderFire, accepted: Sequence[Accepted], client: httpx.AsyncClient
) -> History:
    """Everything about the customers of these messages."""
    address_of = {message.token: message.address for message in accepted}
    connection = await asyncpg.connect(system.database_url, timeout=10)
    try:
        history = History(accepted=list(accepted))
        history.stored = await _stored(connection, address_of)
        addresses = {stored.customer_id: address_of[stored.token] for stored in history.stored}
        history.replies = await _replies(connection, addresses)
        history.tickets = [
            TicketRow(
                row["number"], row["customer_id"], row["conversation_id"], row["escalation_reason"]
            )
            for row in await connection.fetch(
                "SELECT * FROM tickets WHERE customer_id = ANY ($1::uuid[])", list(addresses)
            )
        ]
    finally:
        await connection.close()
    history.sent = await read_sent(system, set(address_of.values()), client)
    return history


async def _stored(connection: Connection, address_of: dict[str, str]) -> list[Stored]:
    rows = await connection.fetch(
        "SELECT m.*, t.outcome FROM messages m LEFT JOIN turns t ON t.id = m.turn_id"
        " WHERE m.role = 'customer' ORDER BY m.position"
    )
    return [
        Stored(
            row["id"],
            token,
            row["customer_id"],
            row["conversation_id"],
            row["position"],
            row["state"],
            row["turn_id"],
            row["outcome"],
        )
        for row in rows
        for token in dict.fromkeys(_TOKEN.findall(row["content"]))
        if token in address_of
    ]


async def _replies(connection: Connection, addresses: dict[UUID, str]) -> list[Reply]:
    rows = await connection.fetch(
        "SELECT * FROM messages WHERE role = 'agent' AND customer_id = ANY ($1::uuid[])"
        " ORDER BY position",
        list(addresses),
    )
    ids = [row["id"] for row in rows]
    deliveries = await connection.fetch(
        "SELECT * FROM deliveries WHERE message_id = ANY ($1::uuid[]) ORDER BY attempt", ids
    )
    buried = {
        row["message_id"]
        for row in await connection.fetch(
            "SELECT message_id FROM dead_letters WHERE message_id = ANY ($1::uuid[])", ids
        )
    }
    sent_ids: dict[UUID, list[tuple[int, str]]] = defaultdict(list)
    # A late callback may tell of an unsure reply after all: that a person was called stays.
    flagged: set[UUID] = buried | {
        UUID(row["subject_id"])
        for row in await connection.fetch(
            "SELECT subject_id FROM audit_log WHERE action = 'unsure' AND subject_id = ANY ($1)",
            [str(message_id) for message_id in ids],
        )
    }
    for row in deliveries:
        if row["state"] in _FLAGGED:
            flagged.add(row["message_id"])
        pair = (row["part"], row["provider_message_id"])
        if row["state"] in _TAKEN and pair[1] and pair not in sent_ids[row["message_id"]]:
            sent_ids[row["message_id"]].append(pair)
    return [
        Reply(
            row["id"],
            row["customer_id"],
            row["conversation_id"],
            Channel(row["channel"]),
            addresses[row["customer_id"]],
            row["position"],
            row["state"],
            row["turn_id"],
            row["content"],
            tuple(sent_ids[row["id"]]),
            row["id"] in flagged,
        )
        for row in rows
    ]


async def read_sent(
    system: SystemUnderFire, addresses: set[str], client: httpx.AsyncClient
) -> list[Sent]:
    """What both providers hold for these customers, each in its own order."""
    found = []
    keyed = system.stand_in_headers
    for mail in (await client.get(f"{system.gmail_url}/_sent", headers=keyed, timeout=30)).json():
        for address in mail["to"]:
            if address in addresses:
                found.append(Sent(mail["id"], Channel.EMAIL, address, mail["text"]))
    twilio = await client.get(f"{system.twilio_url}/_sent", headers=keyed, timeout=30)
    for message in twilio.json():
        address = message["to"].removeprefix("whatsapp:")
        if address in addresses:
            found.append(Sent(message["sid"], Channel.WHATSAPP, address, message["body"]))
    return found
