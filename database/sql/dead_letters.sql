-- Records that could not be processed, until a person replays or discards them.

-- name: add
-- A record that fails again after a crash is stored once; one that fails after its replay is open again. Of an erased
-- customer none is stored, whether a message or, without one, the record's key ($8) names them.
INSERT INTO dead_letters AS d (topic, key, value, origin, message_id, cause, attempts)
SELECT $1, $2, $3, $4, (SELECT id FROM messages WHERE id = $5), $6, $7
WHERE (SELECT lock_unless_erased(conversation_id) FROM messages WHERE id = $5) IS NOT FALSE
    AND ($8::uuid IS NULL OR lock_customer_unless_erased($8) IS NOT FALSE)
ON CONFLICT (origin) DO UPDATE SET
    state = 'open', cause = excluded.cause, attempts = excluded.attempts, settled_by = NULL, settled_at = NULL
    WHERE d.state = 'replayed'
RETURNING id

-- name: list
-- Oldest first, since they have waited longest.
SELECT * FROM dead_letters WHERE $1::text IS NULL OR state = $1 ORDER BY created_at, id LIMIT $2

-- name: get
-- A single one, with its bytes.
SELECT * FROM dead_letters WHERE id = $1

-- name: lock
-- The second of two people who close the same dead letter sees the first one's decision.
SELECT * FROM dead_letters WHERE id = $1 FOR UPDATE

-- name: close
-- Only once, so that name and time stay. The reason is here and not in the audit log, which outlives an erasure.
UPDATE dead_letters SET state = $2, settled_by = $3, settled_at = now(), cause = concat_ws(E'\n', cause, $4::text)
WHERE id = $1 RETURNING *

-- name: count_open
-- For the alert.
SELECT count(*) FROM dead_letters WHERE state = 'open'
