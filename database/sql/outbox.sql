-- What is still to be told to Kafka.

-- name: add
-- In the transaction of what it tells about; a trigger wakes the relay at the commit.
INSERT INTO outbox (topic, key, value, headers) VALUES ($1, $2, $3, $4)

-- name: unpublished
-- No cursor: sequence order is not commit order, and a cursor would pass by what commits late.
SELECT id, topic, key, value, headers, created_at FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT $1

-- name: mark_published
-- After the broker's acknowledgement.
UPDATE outbox SET published_at = now() WHERE id = ANY ($1::bigint[]) AND published_at IS NULL

-- name: purge
-- Only what went out.
DELETE FROM outbox WHERE published_at < now() - $1::interval

-- name: backlog
-- For health and alerts.
SELECT count(*) AS waiting, min(created_at) AS since FROM outbox WHERE published_at IS NULL
