-- Items of a batch that failed: when each is tried again, or that it waits for a person.

-- name: attempts
-- What failed before and was not forgotten, the items put aside included.
SELECT item, attempts FROM failed_items WHERE job = $1 AND item = ANY ($2::text[])

-- name: due
-- The longest overdue first.
SELECT item FROM failed_items WHERE job = $1 AND retry_at <= now() ORDER BY retry_at LIMIT $2

-- name: save
-- A delay of NULL puts the item aside.
INSERT INTO failed_items (job, item, attempts, retry_at, cause) VALUES ($1, $2, $3, now() + $4::interval, $5)
ON CONFLICT (job, item) DO UPDATE SET
    attempts = excluded.attempts, retry_at = excluded.retry_at, cause = excluded.cause

-- name: forget
-- It was done after all.
DELETE FROM failed_items WHERE job = $1 AND item = ANY ($2::text[])

-- name: retry_now
-- A person asked for it: from the first attempt on.
UPDATE failed_items SET attempts = 0, retry_at = now() WHERE job = $1 AND item = $2 AND retry_at IS NULL
