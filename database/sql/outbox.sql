-- Rows that wait to be published to Kafka.

-- name: add
-- In the transaction of the change that it reports; a trigger wakes the relay at the commit.
INSERT INTO outbox (topic, key, value, headers) VALUES ($1, $2, $3, $4)

-- name: unpublished
-- No cursor: sequence order is not commit order, so a cursor would skip late commits. Rows behind a waiting row of
-- their key are left out, so that rows of other keys fill the batch.
SELECT o.id, o.topic, o.key, o.value, o.headers, o.attempts, o.created_at FROM outbox o
WHERE o.published_at IS NULL AND o.put_aside_at IS NULL AND (o.retry_at IS NULL OR o.retry_at <= now())
    AND NOT EXISTS (SELECT FROM outbox w
        WHERE w.published_at IS NULL AND w.put_aside_at IS NULL AND w.retry_at > now() AND w.key = o.key AND w.id < o.id)
ORDER BY o.id LIMIT $1

-- name: mark_published
-- After the broker's acknowledgement.
UPDATE outbox SET published_at = now() WHERE id = ANY ($1::bigint[]) AND published_at IS NULL

-- name: retry_later
-- Attempts are counted in the row, so that a restart or another leader does not reset them.
UPDATE outbox SET attempts = attempts + 1, retry_at = now() + $2::interval, cause = $3
WHERE id = $1 AND published_at IS NULL

-- name: put_aside
-- Permanently; the cause is kept here and in the dead letter.
UPDATE outbox SET attempts = attempts + 1, put_aside_at = now(), cause = $2 WHERE id = $1 AND published_at IS NULL

-- name: purge
-- Only rows that were published or dead-lettered.
DELETE FROM outbox WHERE published_at < now() - $1::interval OR put_aside_at < now() - $1::interval

-- name: backlog
-- For health and alerts.
SELECT count(*) AS waiting, min(created_at) AS since FROM outbox WHERE published_at IS NULL AND put_aside_at IS NULL
