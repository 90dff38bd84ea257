-- Forms that arrived at the same time; each statement stores all of them.

-- name: known
-- The ids that are already stored, also by the hash that an erasure left. A lateral look-up for each id, so that a
-- plan made while the table was small never scans all of it.
SELECT asked.id FROM unnest($1::text[]) AS asked (id), LATERAL (
    SELECT FROM messages WHERE channel = 'web_form' AND role = 'customer' AND provider_message_id = asked.id
    UNION ALL
    SELECT FROM messages WHERE channel = 'web_form' AND role = 'customer'
        AND provider_message_id = 'sha256:' || encode(sha256(convert_to(asked.id, 'UTF8')), 'hex')
    LIMIT 1
) AS stored

-- name: repeated
-- The places of forms without a key whose fields are those of one that their customer sent in the last minutes ($3).
SELECT asked.place - 1 AS place
FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS asked (customer_id, prefix, place)
WHERE EXISTS (SELECT FROM messages m
    WHERE m.customer_id = asked.customer_id AND m.channel = 'web_form' AND m.role = 'customer'
        AND starts_with(m.provider_message_id, asked.prefix) AND m.created_at > now() - $3::interval)

-- name: add
-- A form always opens a conversation and a ticket. In the order of the arrays, which sets the messages' positions.
WITH form AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
        $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::text[], $16::text[])
    WITH ORDINALITY AS form (conversation_id, customer_id, kind, value, assurance, provider_message_id,
        received_at, subject, content, raw_content, trace_id, category, priority, ticket_id, number,
        sender_name, place)
), conversation AS (
    INSERT INTO conversations (id, customer_id, channel, assurance, subject, last_inbound_at, sender_name)
    SELECT conversation_id, customer_id, 'web_form', assurance::assurance, subject, received_at, sender_name FROM form
), ticket AS (
    INSERT INTO tickets (id, number, customer_id, conversation_id, source_channel, subject, category, priority)
    SELECT ticket_id, number, customer_id, conversation_id, 'web_form', subject, category, priority FROM form
)
INSERT INTO messages (conversation_id, customer_id, channel, role, content, raw_content, provider_message_id, state,
    trace_id, sender_id)
SELECT conversation_id, form.customer_id, 'web_form', 'customer', content, raw_content, provider_message_id, 'waiting',
    trace_id, sender.id
FROM form CROSS JOIN LATERAL (
    SELECT id FROM customer_identifiers i
    WHERE i.customer_id = form.customer_id AND i.kind = form.kind AND i.value = form.value ORDER BY created_at LIMIT 1
) sender ORDER BY place
RETURNING *
