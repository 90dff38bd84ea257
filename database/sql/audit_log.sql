-- The audit log: who did what. A trigger refuses changes of its rows.

-- name: add
-- Contains only our own ids, since the log outlives an erasure.
INSERT INTO audit_log (actor, action, subject_kind, subject_id, detail) VALUES ($1, $2, $3, $4, $5)
