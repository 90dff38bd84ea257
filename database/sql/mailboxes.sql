-- How far each Gmail mailbox was read, and until when its watch runs.

-- name: add
-- The row is there before it is locked.
INSERT INTO gmail_mailboxes (address) VALUES ($1) ON CONFLICT DO NOTHING

-- name: lock
-- Two pushes of one mailbox: the second reads where the first one stopped.
SELECT history_id, watch_expires_at FROM gmail_mailboxes WHERE address = $1 FOR UPDATE

-- name: save
-- Pushes arrive out of order: a history id never moves back.
INSERT INTO gmail_mailboxes AS m (address, history_id, watch_expires_at, synced_at)
VALUES ($1, $2, $3, CASE WHEN $2::bigint IS NOT NULL THEN now() END)
ON CONFLICT (address) DO UPDATE SET
    history_id = greatest(m.history_id, excluded.history_id),
    watch_expires_at = coalesce(excluded.watch_expires_at, m.watch_expires_at),
    synced_at = coalesce(excluded.synced_at, m.synced_at)

-- name: watch_expires_at
-- For the alert that comes before Gmail stops pushing.
SELECT watch_expires_at FROM gmail_mailboxes WHERE address = $1
