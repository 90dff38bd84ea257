-- How far each Gmail mailbox was read, and when its watch ends.

-- name: add
-- Inserts the row before it is locked.
INSERT INTO gmail_mailboxes (address) VALUES ($1) ON CONFLICT DO NOTHING

-- name: lock
-- Serialises pushes of a mailbox: the second reads from where the first stopped.
SELECT history_id, read_from, synced_at, connected_at FROM gmail_mailboxes WHERE address = $1 FOR UPDATE

-- name: save_mark
-- Pushes arrive out of order: a history id never moves back.
UPDATE gmail_mailboxes SET
    history_id = greatest(history_id, $2),
    read_from = $3,
    synced_at = greatest(synced_at, $4)
WHERE address = $1

-- name: save_watch
-- A renewal may come before the mailbox was ever read.
INSERT INTO gmail_mailboxes (address, watch_expires_at) VALUES ($1, $2)
ON CONFLICT (address) DO UPDATE SET watch_expires_at = excluded.watch_expires_at

-- name: watch_expires_at
-- For the alert before Gmail stops its push notifications.
SELECT watch_expires_at FROM gmail_mailboxes WHERE address = $1
