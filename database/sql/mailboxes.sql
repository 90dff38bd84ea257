-- How far each Gmail mailbox was read, and when its watch ends.

-- name: add
-- Inserts the row before it is locked.
INSERT INTO gmail_mailboxes (address) VALUES ($1) ON CONFLICT DO NOTHING

-- name: lock
-- Serialises pushes of a mailbox: the second reads from where the first stopped.
SELECT history_id, read_from, synced_at, connected_at, cursor FROM gmail_mailboxes WHERE address = $1 FOR UPDATE

-- name: save_mark
-- Pushes arrive out of order: a history id never moves back.
UPDATE gmail_mailboxes SET
    history_id = greatest(history_id, $2),
    read_from = $3,
    synced_at = greatest(synced_at, $4),
    cursor = coalesce($5, cursor)
WHERE address = $1

-- name: save_state
-- The first failure of a row of them stays, and the last error after them, for looking back.
INSERT INTO gmail_mailboxes (address, failing_since, last_error)
VALUES ($1, CASE WHEN $2::text IS NOT NULL THEN now() END, $2)
ON CONFLICT (address) DO UPDATE SET
    failing_since = CASE WHEN $2::text IS NOT NULL THEN coalesce(gmail_mailboxes.failing_since, now()) END,
    last_error = coalesce($2, gmail_mailboxes.last_error)

-- name: state
-- How reading one mailbox went.
SELECT synced_at, failing_since, last_error FROM gmail_mailboxes WHERE address = $1

-- name: list
-- Few: what is beside the mailbox of the settings.
SELECT * FROM mailboxes ORDER BY created_at, id

-- name: insert
-- An address belongs to one mailbox.
INSERT INTO mailboxes (address, kind, settings, secret, created_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (address) DO NOTHING RETURNING *

-- name: delete
-- Its position too: a mailbox that is added again is connected anew.
WITH gone AS (DELETE FROM mailboxes WHERE id = $1 RETURNING *),
    mark AS (DELETE FROM gmail_mailboxes WHERE address IN (SELECT address FROM gone))
SELECT * FROM gone

-- name: save_watch
-- A renewal may come before the mailbox was ever read.
INSERT INTO gmail_mailboxes (address, watch_expires_at) VALUES ($1, $2)
ON CONFLICT (address) DO UPDATE SET watch_expires_at = excluded.watch_expires_at

-- name: watch_expires_at
-- For the alert before Gmail stops its push notifications.
SELECT watch_expires_at FROM gmail_mailboxes WHERE address = $1
