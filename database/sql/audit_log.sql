-- Who did what; a trigger refuses every change of what was written.

-- name: add
-- Only our own ids go in: the log outlives an erasure.
INSERT INTO audit_log (actor, action, subject_kind, subject_id, detail) VALUES ($1, $2, $3, $4, $5)
