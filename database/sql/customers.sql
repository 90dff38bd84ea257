-- Customers and the identifiers they are known by.

-- name: lock_identifier
-- First messages of one person race: whoever resolves or links an identifier does so alone.
SELECT pg_advisory_xact_lock(hashtextextended($1 || ':' || $2, 0))

-- name: try_lock_identifiers
-- The same locks for many at once, of whom nobody is waited for.
SELECT pg_try_advisory_xact_lock(hashtextextended(kind || ':' || value, 0)) AS is_locked
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS sender (kind, value, place) ORDER BY place

-- name: lock_several
-- Linking, undoing and erasing lock more than one customer: one such act at a time can't deadlock with
-- another, nor with receiving, which never waits for a customer while it holds one.
SELECT pg_advisory_xact_lock(hashtextextended('several customers', 0))

-- name: find_identifier
-- The values are canonical, so equality is identity.
SELECT id, customer_id, assurance FROM customer_identifiers WHERE kind = $1 AND value = $2

-- name: find_and_try_lock
-- The owner's id is missing where somebody else has the row now, or where it was merged.
SELECT i.kind, i.value, owner.id, owner.name
FROM unnest($1::text[], $2::text[]) AS sender (kind, value) JOIN customer_identifiers i USING (kind, value)
LEFT JOIN LATERAL (
    SELECT id, name FROM customers WHERE id = i.customer_id AND merged_into IS NULL FOR NO KEY UPDATE SKIP LOCKED
) owner ON true

-- name: lock_customer
-- Of a merged customer the one that took its place.
SELECT lock_customer($1)

-- name: get
-- A merged customer's id still leads to the one that took its place.
SELECT id, name, opted_out_at IS NOT NULL AS is_opted_out, erased_at IS NOT NULL AS is_erased
FROM customers WHERE id = (SELECT current_customer($1))

-- name: insert
-- The identifier follows in the same transaction.
INSERT INTO customers (name) VALUES ($1) RETURNING id

-- name: insert_known_by
-- Each with the one identifier that it is known by.
WITH new AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
        AS new (id, name, kind, value, assurance)
), customer AS (
    INSERT INTO customers (id, name) SELECT id, name FROM new
)
INSERT INTO customer_identifiers (customer_id, kind, value, assurance)
SELECT id, kind, value, assurance::assurance FROM new

-- name: fill_name
-- A name once known is not replaced by what somebody types into a form.
UPDATE customers SET name = $2 WHERE id = $1 AND name = ''

-- name: insert_identifier
-- Unique by kind and value: the advisory lock makes a collision impossible.
INSERT INTO customer_identifiers (customer_id, kind, value, assurance) VALUES ($1, $2, $3, $4)

-- name: raise_assurance
-- Assurance only ever grows: the enum is ordered from the weakest to the strongest.
UPDATE customer_identifiers SET assurance = $2 WHERE id = $1 AND assurance < $2

-- name: is_proven_otherwise
-- Is the owner of identifier $2 known for certain through another one?
SELECT EXISTS (SELECT FROM customer_identifiers WHERE customer_id = $1 AND id <> $2 AND assurance > 'claimed')

-- name: move_identifier
-- Whoever proves an identifier takes it from whoever only claimed it.
UPDATE customer_identifiers SET customer_id = $2, assurance = $3 WHERE id = $1

-- name: identifiers
-- In the order in which they became known.
SELECT kind, value, assurance FROM customer_identifiers
WHERE customer_id = (SELECT current_customer($1)) ORDER BY created_at, id

-- name: set_opted_out
-- The time of the first opt-out is kept.
UPDATE customers SET opted_out_at = CASE WHEN $2 THEN coalesce(opted_out_at, now()) END
WHERE id = (SELECT current_customer($1))

-- name: last_sender
-- The identifier of the newest message on the channel, if it is still this customer's.
SELECT i.kind, i.value, i.assurance
FROM messages m JOIN customer_identifiers i ON i.id = m.sender_id
WHERE m.customer_id = (SELECT current_customer($1)) AND i.customer_id = m.customer_id
    AND m.channel = $2 AND m.role = 'customer'
ORDER BY m.position DESC LIMIT 1

-- name: last_wrote_at
-- WhatsApp's 24-hour window hangs on it, whichever conversation the message went into.
SELECT created_at FROM messages
WHERE customer_id = (SELECT current_customer($1)) AND channel = $2 AND role = 'customer'
ORDER BY position DESC LIMIT 1

-- name: best_identifier
-- Never written on this channel: the best known identifier that fits it.
SELECT kind, value, assurance FROM customer_identifiers
WHERE customer_id = (SELECT current_customer($1)) AND kind = ANY ($2::text[])
ORDER BY assurance DESC, updated_at DESC, id LIMIT 1
