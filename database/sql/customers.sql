-- Customers and their identifiers.

-- name: lock_identifier
-- A person's first messages race, so an identifier is resolved or linked under a lock.
SELECT pg_advisory_xact_lock(hashtextextended($1 || ':' || $2, 0))

-- name: try_lock_identifiers
-- The same locks for many identifiers, without waiting.
SELECT pg_try_advisory_xact_lock(hashtextextended(kind || ':' || value, 0)) AS is_locked
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS sender (kind, value, place) ORDER BY place

-- name: lock_several
-- Linking, undoing and erasing lock several customers, so only one of them runs at a time and they can't deadlock.
-- Receiving never waits for a customer while it holds one.
SELECT pg_advisory_xact_lock(hashtextextended('several customers', 0))

-- name: find_proven
-- Values are canonical, so equal values are the same identifier.
SELECT id, customer_id, assurance FROM customer_identifiers WHERE kind = $1 AND value = $2 AND assurance > 'claimed'

-- name: find_claimed
-- The customer of everybody who only claims the identifier: never one who has proven anything.
SELECT i.id, i.customer_id, i.assurance FROM customer_identifiers i
WHERE i.kind = $1 AND i.value = $2 AND i.assurance = 'claimed' AND NOT EXISTS (
    SELECT FROM customer_identifiers p WHERE p.customer_id = i.customer_id AND p.assurance > 'claimed')
ORDER BY i.created_at, i.id LIMIT 1

-- name: find_stray_claim
-- A claim that hangs on a customer who has proven something else.
SELECT i.id, i.customer_id FROM customer_identifiers i
WHERE i.kind = $1 AND i.value = $2 AND i.assurance = 'claimed' AND EXISTS (
    SELECT FROM customer_identifiers p WHERE p.customer_id = i.customer_id AND p.assurance > 'claimed')
ORDER BY i.created_at, i.id LIMIT 1

-- name: find_own_claim
-- The claim that a customer is about to prove.
SELECT id FROM customer_identifiers
WHERE customer_id = $1 AND kind = $2 AND value = $3 AND assurance = 'claimed' ORDER BY created_at, id LIMIT 1

-- name: find_and_try_lock
-- `find_claimed` for many. The owner's id is NULL if its row is locked or it was merged.
SELECT i.kind, i.value, owner.id
FROM unnest($1::text[], $2::text[]) AS sender (kind, value)
CROSS JOIN LATERAL (
    SELECT c.kind, c.value, c.customer_id FROM customer_identifiers c
    WHERE c.kind = sender.kind AND c.value = sender.value AND c.assurance = 'claimed' AND NOT EXISTS (
        SELECT FROM customer_identifiers p WHERE p.customer_id = c.customer_id AND p.assurance > 'claimed')
    ORDER BY c.created_at, c.id LIMIT 1
) i
LEFT JOIN LATERAL (
    SELECT id FROM customers WHERE id = i.customer_id AND merged_into IS NULL FOR NO KEY UPDATE SKIP LOCKED
) owner ON true

-- name: lock_customer
-- A merged customer is replaced by the one that it was merged into.
SELECT lock_customer($1)

-- name: get
-- A merged customer is replaced by the one that it was merged into; without a lock.
SELECT id, name, opted_out_at IS NOT NULL AS is_opted_out, erased_at IS NOT NULL AS is_erased
FROM customers WHERE id = (SELECT current_customer($1))

-- name: insert
-- The same transaction inserts the identifier.
INSERT INTO customers (name) VALUES ($1) RETURNING id

-- name: insert_known_by
-- New customers, each with its identifier, in one statement.
WITH new AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
        AS new (id, name, kind, value, assurance)
), customer AS (
    INSERT INTO customers (id, name) SELECT id, name FROM new
)
INSERT INTO customer_identifiers (customer_id, kind, value, assurance)
SELECT id, kind, value, assurance::assurance FROM new

-- name: rename
-- Numbers are passed on and people change their names.
UPDATE customers SET name = $2 WHERE id = $1

-- name: insert_identifier
-- The advisory lock prevents a collision.
INSERT INTO customer_identifiers (customer_id, kind, value, assurance) VALUES ($1, $2, $3, $4)

-- name: raise_assurance
-- Assurance never falls: the enum is ordered from the weakest to the strongest.
UPDATE customer_identifiers SET assurance = $2 WHERE id = $1 AND assurance < $2

-- name: is_proven
-- Whether any of the customer's identifiers is.
SELECT EXISTS (SELECT FROM customer_identifiers WHERE customer_id = $1 AND assurance > 'claimed')

-- name: move_identifier
-- A customer who proves an identifier takes it from one who only claimed it.
UPDATE customer_identifiers SET customer_id = $2, assurance = $3 WHERE id = $1

-- name: identifiers
-- Oldest first. After a merge a customer may have the same one claimed and proven.
SELECT kind, value, max(assurance) AS assurance FROM customer_identifiers
WHERE customer_id = (SELECT current_customer($1)) GROUP BY kind, value ORDER BY min(created_at), min(id::text)

-- name: set_opted_out
-- Keeps the time of the first opt-out.
UPDATE customers SET opted_out_at = CASE WHEN $2 THEN coalesce(opted_out_at, now()) END
WHERE id = (SELECT current_customer($1))

-- name: last_sender
-- The identifier of the newest message on the channel, if it still belongs to this customer, and how the provider
-- wrote it: an account may exist under an old form of its number alone.
SELECT i.kind, i.value, i.assurance,
    coalesce(substring(m.details ->> 'From' FROM '^whatsapp:\s*(\S+)'), '+' || (m.details ->> 'WaId')) AS written
FROM messages m JOIN customer_identifiers i ON i.id = m.sender_id
WHERE m.customer_id = (SELECT current_customer($1)) AND i.customer_id = m.customer_id
    AND m.channel = $2 AND m.role = 'customer'
ORDER BY m.position DESC LIMIT 1

-- name: last_wrote_at
-- WhatsApp's 24-hour window starts then, whatever the conversation.
SELECT created_at FROM messages
WHERE customer_id = (SELECT current_customer($1)) AND channel = $2 AND role = 'customer'
ORDER BY position DESC LIMIT 1

-- name: own_identifier
-- The one that staff wrote to, if it still belongs to this customer.
SELECT kind, value, assurance FROM customer_identifiers WHERE customer_id = (SELECT current_customer($1)) AND id = $2

-- name: best_identifier
-- For a customer who never wrote on this channel: the identifier with the highest assurance that fits it.
SELECT kind, value, assurance FROM customer_identifiers
WHERE customer_id = (SELECT current_customer($1)) AND kind = ANY ($2::text[])
ORDER BY assurance DESC, updated_at DESC, id LIMIT 1

-- name: mark_failing
-- For whoever claims or has proven the address. The time of the first failure stays.
UPDATE customer_identifiers SET failing_since = coalesce(failing_since, now()), failing_code = $2
WHERE kind = 'email' AND value = ANY ($1::text[])

-- name: failing
-- For staff, and for whoever sends to an address without being asked.
SELECT value, failing_since, failing_code FROM customer_identifiers
WHERE customer_id = (SELECT current_customer($1)) AND failing_since IS NOT NULL

-- name: take_notice
-- At most one a day, however many mails race. Tags are left out: name+1@ and name+2@ are one mailbox nearly everywhere.
INSERT INTO unproven_notices AS n (kind, value) VALUES ($1, regexp_replace($2, '\+[^@]*@', '@'))
ON CONFLICT (kind, value) DO UPDATE SET sent_at = now() WHERE n.sent_at < now() - interval '1 day'
RETURNING sent_at

-- name: forget_notices
-- Older ones allow the next text anyway.
DELETE FROM unproven_notices WHERE sent_at < now() - interval '2 days'
