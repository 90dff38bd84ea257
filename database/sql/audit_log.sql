-- The audit log: who did what. A trigger refuses changes of its rows.

-- name: add
-- Contains only our own ids, since the log outlives an erasure.
INSERT INTO audit_log (actor, action, subject_kind, subject_id, detail, actor_id) VALUES ($1, $2, $3, $4, $5, $6)

-- name: page
-- Newest first. Ids follow the order of insertion, not of commit, which is near enough for reading.
SELECT * FROM audit_log
WHERE ($1::bigint IS NULL OR id < $1) AND ($2::text IS NULL OR actor = $2) AND ($3::text IS NULL OR action = $3)
    AND ($4::text IS NULL OR subject_id = $4)
ORDER BY id DESC LIMIT $5
