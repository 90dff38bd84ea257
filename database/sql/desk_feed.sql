-- Events that open consoles follow, ordered by transaction.

-- name: latest
-- All older transactions have ended, so a reader that begins here misses none that ends later.
SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1) AS place

-- name: is_known
-- Whether no event after the place can have been deleted: it is neither of the future nor older than what is kept.
SELECT $1::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint AND $1::bigint >= coalesce(
    (SELECT min(xid)::text::bigint - 1 FROM desk_events), pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)

-- name: after
-- Only of transactions before every running one. With ties, so that a transaction is never cut.
SELECT xid::text::bigint AS place, kind, conversation_id FROM desk_events
WHERE xid > $1::bigint::text::xid8 AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY xid FETCH FIRST $2 ROWS WITH TIES

-- name: are_more
-- Of transactions that have ended while an older one runs.
SELECT EXISTS (SELECT FROM desk_events WHERE xid > $1::bigint::text::xid8)

-- name: announce
-- At the commit, to whoever listens then.
SELECT pg_notify('conversation', $1)

-- name: purge
-- A console that was away for longer reads everything anew.
DELETE FROM desk_events WHERE created_at < now() - interval '1 day'
