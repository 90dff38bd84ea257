-- Inbound and outbound messages and their states.

-- name: add_inbound
-- A repeated webhook adds no second row, also by the hash that an erasure left of the provider's id. Mail that was read
-- late keeps the time ($16) at which it came. An address that writes is reached again.
WITH sender AS (
    SELECT id, failing_since FROM customer_identifiers
    WHERE kind = $13 AND value = $14 AND customer_id = (SELECT current_customer($2))
    ORDER BY (assurance > 'claimed') = ($15::assurance > 'claimed') DESC, created_at LIMIT 1
), reached AS (
    UPDATE customer_identifiers i SET failing_since = NULL, failing_code = NULL FROM sender s
    WHERE i.id = s.id AND s.failing_since < coalesce($16::timestamptz, now())
)
INSERT INTO messages (conversation_id, customer_id, channel, role, content, raw_content, provider_message_id,
    message_id_header, reference_headers, attachments, details, state, trace_id, sender_id, created_at)
SELECT $1, current_customer($2), $3, 'customer', $4, $5, $6, $7, $8, $9, $10, $11, $12, (SELECT id FROM sender),
    coalesce($16::timestamptz, now())
WHERE NOT EXISTS (SELECT FROM messages WHERE channel = $3 AND role = 'customer'
    AND provider_message_id = 'sha256:' || encode(sha256(convert_to($6, 'UTF8')), 'hex'))
ON CONFLICT (channel, provider_message_id) WHERE role = 'customer' AND provider_message_id IS NOT NULL
    DO NOTHING
RETURNING *

-- name: add_sent
-- A mail that a person sent from the mailbox, once. Its delivery needs nothing more.
INSERT INTO messages (conversation_id, customer_id, channel, role, author, content, raw_content, provider_message_id,
    message_id_header, reference_headers, attachments, state, created_at)
SELECT id, customer_id, channel, 'staff', $2, $3, $4, $5, $6, $7, $8, 'settled', $9 FROM conversations WHERE id = $1
ON CONFLICT (channel, provider_message_id) WHERE role = 'staff' AND provider_message_id IS NOT NULL DO NOTHING
RETURNING *

-- name: find_sent
-- By the Message-ID of a mail that a person sent from the mailbox.
SELECT * FROM messages WHERE message_id_header = ANY ($2::text[]) AND channel = $1 AND role = 'staff'
ORDER BY position DESC LIMIT 1

-- name: last_sent_to
-- Our newest message in a conversation of the address, found by a mail that the returned one refers to. Also the
-- system's own mails, whose Message-ID a provider may have replaced.
SELECT ours.* FROM messages referred
JOIN customer_identifiers i ON i.customer_id = referred.customer_id AND i.kind = 'email' AND i.value = ANY ($3::text[])
JOIN messages ours ON ours.conversation_id = referred.conversation_id AND ours.role <> 'customer'
WHERE referred.message_id_header = ANY ($2::text[]) AND referred.channel = $1
ORDER BY ours.position DESC LIMIT 1

-- name: keep_raw
-- In the transaction that accepts the message.
INSERT INTO raw_messages (message_id, content, size) VALUES ($1, $2, $3)

-- name: forget_raw
-- Deletes old originals, which are kept only for looking into recent mails.
DELETE FROM raw_messages WHERE stored_at < now() - interval '90 days'

-- name: find_inbound
-- Also by the hash that an erasure left.
SELECT * FROM messages WHERE channel = $1 AND role = 'customer'
    AND provider_message_id IN ($2, 'sha256:' || encode(sha256(convert_to($2, 'UTF8')), 'hex'))

-- name: find_repeated
-- A form without a key, of the same fields. The caller has locked the customer, so that two at once are seen as well.
SELECT * FROM messages
WHERE customer_id = $1 AND channel = $2 AND role = 'customer' AND starts_with(provider_message_id, $3)
    AND created_at > now() - $4::interval
ORDER BY position LIMIT 1

-- name: get
-- By our own id.
SELECT * FROM messages WHERE id = $1

-- name: waiting
-- In the order in which they were accepted, those of a draft that nobody has sent included.
SELECT * FROM messages WHERE conversation_id = $1 AND role = 'customer' AND state IN ('waiting', 'drafted')
ORDER BY position

-- name: last_inbound
-- In any state, for its thread headers.
SELECT * FROM messages WHERE conversation_id = $1 AND role = 'customer' ORDER BY position DESC LIMIT 1

-- name: quoted
-- A customer may quote one of ours, of which a part's receipt has the id, or an own message; no other customer's.
SELECT m.* FROM messages m
WHERE m.customer_id = (SELECT current_customer($1)) AND m.id IN (
    SELECT message_id FROM deliveries WHERE channel = $2 AND provider_message_id = $3
    UNION ALL
    SELECT id FROM messages WHERE channel = $2 AND role = 'customer' AND provider_message_id = $3)
LIMIT 1

-- name: last_said
-- Ours, to tell what the customer answers.
SELECT * FROM messages WHERE conversation_id = $1 AND role <> 'customer' ORDER BY position DESC LIMIT 1

-- name: newest_of_customers
-- For trying out a topic on what customers really wrote.
SELECT * FROM messages WHERE role = 'customer' ORDER BY position DESC LIMIT $1

-- name: set_state
-- An outbound message keeps its turn. Attempts and strikes are reset, for messages that are replayed.
UPDATE messages SET state = $2, turn_id = coalesce($3, turn_id), attempts = 0, retry_at = NULL, reader = NULL, strikes = 0
WHERE id = ANY ($1::uuid[])

-- name: deliver_later
-- As after a failed attempt: the relay queues it once that is due.
UPDATE messages SET state = 'undelivered', retry_at = now() + $2::interval, queued_at = now(), reader = NULL, strikes = 0
WHERE id = $1

-- name: sentiments_before
-- Only customers' messages have a score.
SELECT sentiment FROM messages WHERE conversation_id = $1 AND sentiment IS NOT NULL AND id <> ALL ($2::uuid[])
ORDER BY position DESC LIMIT $3

-- name: set_sentiments
-- One statement for a burst.
UPDATE messages m SET sentiment = s.score
FROM unnest($1::uuid[], $2::real[]) AS s (id, score) WHERE m.id = s.id

-- name: add_outbound
-- With its outbox row. Customer and channel are the conversation's. A second reply of a turn adds no row.
WITH conversation AS (
    UPDATE conversations SET last_message_at = now() WHERE id = $1 RETURNING id, customer_id, channel
), stored AS (
    INSERT INTO messages (id, conversation_id, customer_id, channel, role, author, content, state, turn_id, trace_id)
    SELECT $7, id, customer_id, channel, $2, $3, $4, 'undelivered', $5, $6 FROM conversation
    ON CONFLICT (turn_id) WHERE role = 'agent' DO NOTHING
    RETURNING *
), queued AS (
    INSERT INTO outbox (topic, key, value, headers) SELECT $8, $9, $10, $11 FROM stored
)
SELECT * FROM stored

-- name: of_conversation
-- All messages, oldest first.
SELECT * FROM messages WHERE conversation_id = $1 ORDER BY position

-- name: requeue_unfinished
-- Messages whose outbox row is unpublished are skipped; concurrent sweeps share the rest. Each wait doubles, up to four
-- times the first, so that a slow stage is not flooded with repeats. A due attempt is queued by attempts.sql, and here
-- only if that record was lost too.
WITH unfinished AS (
    SELECT m.id FROM messages m
    WHERE m.state IN ('waiting', 'undelivered') AND m.queued_at < now() - $1::interval
        AND m.queued_at < now() - LEAST(m.queued_at - m.created_at, 4 * $1::interval)
        AND (m.retry_at IS NULL OR m.retry_at <= m.queued_at)
        AND NOT EXISTS (SELECT FROM outbox o
            WHERE o.published_at IS NULL AND o.put_aside_at IS NULL AND o.key = m.customer_id AND o.value ->> 'message_id' = m.id::text)
    ORDER BY m.position LIMIT $2 FOR NO KEY UPDATE OF m SKIP LOCKED
), requeued AS (
    UPDATE messages m SET queued_at = now() FROM unfinished u WHERE m.id = u.id RETURNING m.*
)
SELECT * FROM requeued ORDER BY position

-- name: return_to_agent
-- Waiting, as if they had just arrived.
WITH returned AS (
    UPDATE messages SET state = 'waiting', queued_at = now(), attempts = 0, retry_at = NULL, reader = NULL, strikes = 0
    WHERE conversation_id = $1 AND role = 'customer' AND state = 'with_human' RETURNING *
)
SELECT * FROM returned ORDER BY position

-- name: draft_again
-- As if they had just arrived: what the draft rested on has changed.
WITH returned AS (
    UPDATE messages SET state = 'waiting', queued_at = now(), attempts = 0, retry_at = NULL, reader = NULL, strikes = 0
    WHERE conversation_id = $1 AND role = 'customer' AND state = 'drafted' RETURNING *
)
SELECT * FROM returned ORDER BY position

-- name: answered_by_staff
-- Includes messages that the agent has not yet passed to the person, who has seen them.
UPDATE messages SET state = 'answered'
WHERE conversation_id = $1 AND role = 'customer' AND state IN ('waiting', 'drafted', 'with_human')

-- name: answered_until
-- By a mail of a person; what came later still waits for one.
UPDATE messages SET state = CASE WHEN created_at <= $2 THEN 'answered' ELSE 'with_human' END
WHERE conversation_id = $1 AND role = 'customer' AND state IN ('waiting', 'drafted', 'with_human')

-- name: drop_pending
-- Replies of the agent of which certainly nothing was sent: a person answers in their place.
WITH dropped AS (
    UPDATE messages m SET state = 'settled', attempts = 0, retry_at = NULL
    WHERE conversation_id = $1 AND role = 'agent' AND state = 'undelivered'
        AND NOT EXISTS (SELECT FROM deliveries d WHERE d.message_id = m.id AND d.state <> 'failed')
    RETURNING id, channel
)
INSERT INTO deliveries (message_id, channel, attempt, part, state)
SELECT m.id, m.channel, 1 + coalesce((SELECT max(d.attempt) FROM deliveries d WHERE d.message_id = m.id), 0), 0,
    'suppressed'
FROM dropped m

-- name: unscored
-- A waiting message is scored by its turn; automatic and erased messages get no score.
SELECT * FROM messages m
WHERE role = 'customer' AND sentiment IS NULL AND state IN ('answered', 'with_human', 'dead') AND content <> ''
    AND NOT EXISTS (SELECT FROM failed_items f
        WHERE f.job = 'sentiment' AND f.item = m.id::text AND (f.retry_at IS NULL OR f.retry_at > now()))
ORDER BY position LIMIT $1

-- name: oldest_since
-- How late the stage of this state is; messages that wait for another attempt are not late. The second condition
-- matches the partial index.
SELECT min(created_at) FROM messages WHERE state = $1 AND state IN ('waiting', 'undelivered') AND retry_at IS NULL
