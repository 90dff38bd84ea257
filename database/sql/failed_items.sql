-- Failed items of a batch: when each is retried, or that it waits for a person.

-- name: attempts
-- Earlier failures, including items that were put aside.
SELECT item, attempts FROM failed_items WHERE job = $1 AND item = ANY ($2::text[])

-- name: due
-- Longest overdue first.
SELECT item FROM failed_items WHERE job = $1 AND retry_at <= now() ORDER BY retry_at LIMIT $2

-- name: save
-- A delay of NULL puts the item aside.
INSERT INTO failed_items (job, item, attempts, retry_at, cause) VALUES ($1, $2, $3, now() + $4::interval, $5)
ON CONFLICT (job, item) DO UPDATE SET
    attempts = excluded.attempts, retry_at = excluded.retry_at, cause = excluded.cause

-- name: forget
-- Deletes items that have succeeded.
DELETE FROM failed_items WHERE job = $1 AND item = ANY ($2::text[])

-- name: retry_now
-- At a person's request, with the attempts reset.
UPDATE failed_items SET attempts = 0, retry_at = now() WHERE job = $1 AND item = $2 AND retry_at IS NULL
