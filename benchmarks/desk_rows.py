"""Fills a database with the conversations of a busy desk, on the server itself: 50,000 take well under a minute."""

from __future__ import annotations

import asyncpg

WORDS = (
    "invoice",
    "export",
    "password",
    "login",
    "refund",
    "delivery",
    "parcel",
    "meter",
    "contract",
    "webhook",
)
"""Each is in about every fourth conversation."""

_FILL = f"""
CREATE TEMP TABLE said AS SELECT i,
    (ARRAY[{", ".join(f"'{word}'" for word in WORDS)}])[1 + i % {len(WORDS)}] || ' and word' || i % 1999
        || ' with thing' || i * 7 % 1993 || ' about matter' || i * 11 % 1987 AS text FROM generate_series(0, 3999) i;
CREATE TEMP TABLE new AS SELECT n, gen_random_uuid() AS customer, gen_random_uuid() AS conversation,
    (ARRAY['web_form','email','whatsapp'])[1 + n % 3]::channel AS channel, now() - n * interval '11 minutes' AS at,
    'Given' || (n % 977) || ' Family' || n AS name FROM generate_series(1, $count$) n;
INSERT INTO customers (id, name, created_at) SELECT customer, name, at FROM new;
INSERT INTO customer_identifiers (customer_id, kind, value, assurance)
    SELECT customer, 'email', 'given.family' || n || '@host' || (n % 500) || '.example', 'provider_attested' FROM new;
INSERT INTO customer_identifiers (customer_id, kind, value, assurance)
    SELECT customer, 'phone', '+49151' || lpad(n::text, 8, '0'), 'provider_attested' FROM new;
INSERT INTO conversations (id, customer_id, channel, assurance, subject, status, owner, owner_name, created_at,
        last_message_at, turn_since, sender_name)
    SELECT conversation, customer, channel, 'provider_attested', text,
        CASE WHEN n % 10 < 8 THEN 'resolved' ELSE 'open' END, CASE WHEN n % 10 = 9 THEN 'human' ELSE 'agent' END,
        CASE WHEN n % 40 = 9 THEN 'grace' END, at, at, at, name FROM new JOIN said ON i = n % 4000;
INSERT INTO tickets (number, customer_id, conversation_id, source_channel, subject, category, priority, status,
        escalation_reason, created_at)
    SELECT 'TKT-' || upper(translate(lpad(to_hex(n * 7919), 10, '0'), 'ilou', '0123')), customer, conversation, channel,
        text, 'general', (ARRAY['low','medium','high','urgent'])[1 + n % 4],
        CASE WHEN n % 10 < 8 THEN 'resolved' WHEN n % 40 = 9 THEN 'in_progress' WHEN n % 10 = 9 THEN 'escalated'
            ELSE 'waiting_customer' END,
        CASE WHEN n % 10 = 9 THEN 'human_request' END, at FROM new JOIN said ON i = n % 4000;
INSERT INTO messages (conversation_id, customer_id, channel, role, content, state, created_at)
    SELECT conversation, customer, channel, CASE WHEN k % 2 = 0 THEN 'customer' ELSE 'agent' END,
        text || CASE WHEN k = 0 THEN ' serial' || n ELSE '' END,
        CASE WHEN k % 2 = 0 THEN 'answered' ELSE 'settled' END, at + k * interval '1 minute'
    FROM new CROSS JOIN generate_series(0, 5) k JOIN said ON i = (n * 31 + k * 17) % 4000;
"""  # noqa: S608


async def fill(url: str, conversations: int) -> None:
    """Add conversations of six messages each; a fifth is open, half of these for a person."""
    connection = await asyncpg.connect(url)
    try:
        # Without triggers: nobody follows these.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(_FILL.replace("$count$", str(conversations)))
        await connection.execute("SET session_replication_role = origin")
        # This trigger gives each its place in the queue.
        await connection.execute("UPDATE conversations SET queue_rank = 0")
        for table in ("customers", "customer_identifiers", "conversations", "tickets", "messages"):
            await connection.execute(f"VACUUM (ANALYZE) {table}")
    finally:
        await connection.close()
