-- Delivery attempts of each part of a reply.

-- name: of_message
-- In the order of the attempts. Ages are by the database's clock, since replicas' clocks differ.
SELECT *, clock_timestamp() - updated_at AS age, may_act_until - clock_timestamp() AS may_act_for
FROM deliveries WHERE message_id = $1 ORDER BY attempt, part

-- name: is_kept
-- Under the conversation's lock: false once its customer is erased.
SELECT lock_unless_erased(conversation_id) FROM messages WHERE id = $1

-- name: start
-- Before the provider is called, so that after a crash the row shows that the part may have been sent.
INSERT INTO deliveries (message_id, channel, attempt, part, state, may_act_until)
VALUES ($1, $2, $3, $4, 'sending', clock_timestamp() + $5::interval)
ON CONFLICT DO NOTHING

-- name: leave_open
-- Our side of the attempt has ended, so other replicas need not wait for the lease.
UPDATE deliveries SET error_code = $4, may_act_until = clock_timestamp() + $5::interval
WHERE message_id = $1 AND attempt = $2 AND part = $3 AND state = 'sending'

-- name: end_doubt
-- Only if it is still open: a result of another replica or a callback is kept.
UPDATE deliveries SET state = $4, error_code = $5
WHERE message_id = $1 AND attempt = $2 AND part = $3 AND state = 'sending' AND provider_message_id IS NULL

-- name: claim
-- A callback names the reply, so its newest attempt was accepted, also after a hand-over.
UPDATE deliveries SET provider_message_id = $2
WHERE id = (SELECT id FROM deliveries WHERE message_id = $3 AND part = $4 AND channel = $1 ORDER BY attempt DESC LIMIT 1)
    AND state IN ('sending', 'unsure') AND provider_message_id IS NULL
    AND NOT EXISTS (SELECT FROM deliveries WHERE channel = $1 AND provider_message_id = $2)

-- name: record
-- Also without a start (parked, suppressed). States move forward only, except among the three undecided ones;
-- `queued`, by which a provider accepts, ends our `sending`.
INSERT INTO deliveries AS d (message_id, channel, attempt, part, state, provider_message_id, error_code, error_text)
SELECT m.id, m.channel, $2, $3, $4, $5, $6, $7 FROM messages m WHERE m.id = $1
ON CONFLICT (message_id, attempt, part) DO UPDATE SET
    state = CASE WHEN delivery_rank(excluded.state) > delivery_rank(d.state)
            OR (delivery_rank(excluded.state) = 2 AND delivery_rank(d.state) = 2)
            OR (excluded.state = 'queued' AND d.state = 'sending')
        THEN excluded.state ELSE d.state END,
    provider_message_id = coalesce(d.provider_message_id, excluded.provider_message_id),
    error_code = coalesce(excluded.error_code, d.error_code),
    error_text = coalesce(excluded.error_text, d.error_text)

-- name: lock_provider_id
-- Serialises a callback and our own recording of the id.
SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))

-- name: update_from_provider
-- Callbacks arrive in any order and repeatedly; a known id is returned even if its state does not move.
WITH known AS (
    SELECT id, message_id FROM deliveries WHERE channel = $1 AND provider_message_id = $2
), moved AS (
    UPDATE deliveries d SET state = $3, error_code = coalesce($4, d.error_code),
        error_text = coalesce($5, d.error_text)
    FROM known k
    WHERE d.id = k.id AND delivery_rank($3) > delivery_rank(d.state) RETURNING d.id
)
SELECT message_id, EXISTS (SELECT FROM moved) AS has_moved FROM known LIMIT 1

-- name: keep_early
-- Keeps the furthest of several states, by the id's hash: an erasure could not find whose it is.
INSERT INTO early_delivery_statuses AS e (channel, provider_message_id, state, error_code)
VALUES ($1, 'sha256:' || encode(sha256(convert_to($2, 'UTF8')), 'hex'), $3, $4)
ON CONFLICT (channel, provider_message_id) DO UPDATE SET state = excluded.state, error_code = excluded.error_code
WHERE delivery_rank(excluded.state) > delivery_rank(e.state)

-- name: take_early
-- Only once, by the transaction that records the provider's id.
DELETE FROM early_delivery_statuses
WHERE channel = $1 AND provider_message_id = 'sha256:' || encode(sha256(convert_to($2, 'UTF8')), 'hex')
RETURNING state, error_code

-- name: forget_early
-- Deletes old statuses of messages that are not ours, such as those sent from the provider's console.
DELETE FROM early_delivery_statuses WHERE received_at < now() - interval '1 day'

-- name: trace_id
-- So that a provider's callback joins its message's trace.
SELECT m.trace_id FROM deliveries d JOIN messages m ON m.id = d.message_id
WHERE d.channel = $1 AND d.provider_message_id = $2
LIMIT 1

-- name: known_ids
-- The mails in the mailbox's sent folder that we sent ourselves.
SELECT DISTINCT provider_message_id FROM deliveries WHERE channel = $1 AND provider_message_id = ANY ($2::text[])

-- name: allow_again
-- A further attempt at each part that did not reach the customer: a row that has not been sent, after which the part is.
INSERT INTO deliveries (message_id, channel, attempt, part, state, error_code, error_text)
SELECT message_id, channel, attempt + 1, part, 'failed', error_code, error_text FROM (
    SELECT DISTINCT ON (part) * FROM deliveries WHERE message_id = $1 ORDER BY part, attempt DESC
) latest
WHERE state IN ('unsure', 'parked') OR (state = 'failed' AND provider_message_id IS NOT NULL)
ON CONFLICT DO NOTHING
