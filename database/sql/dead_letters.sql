-- Records that could not be processed, until a person has looked at them.

-- name: add
-- The same record that fails again after a crash is kept once; one that fails again after its replay is open again.
-- Its message may be gone.
INSERT INTO dead_letters AS d (topic, key, value, origin, message_id, cause, attempts)
VALUES ($1, $2, $3, $4, (SELECT id FROM messages WHERE id = $5), $6, $7)
ON CONFLICT (origin) DO UPDATE SET
    state = 'open', cause = excluded.cause, attempts = excluded.attempts, settled_by = NULL, settled_at = NULL
    WHERE d.state = 'replayed'
RETURNING id

-- name: list
-- The oldest first: they have waited longest.
SELECT * FROM dead_letters WHERE $1::text IS NULL OR state = $1 ORDER BY created_at, id LIMIT $2

-- name: get
-- One, to look into.
SELECT * FROM dead_letters WHERE id = $1

-- name: lock
-- Two people who settle the same one: the second sees what the first did.
SELECT * FROM dead_letters WHERE id = $1 FOR UPDATE

-- name: close
-- Once: who and when stay. Why is said here and not in the audit log, which outlives an erasure.
UPDATE dead_letters SET state = $2, settled_by = $3, settled_at = now(), cause = concat_ws(E'\n', cause, $4::text)
WHERE id = $1 RETURNING *

-- name: count_open
-- For the alert.
SELECT count(*) FROM dead_letters WHERE state = 'open'
