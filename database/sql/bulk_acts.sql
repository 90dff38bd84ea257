-- What was done to many conversations at once, and what an undo gives back.

-- name: add
-- After the acts.
INSERT INTO bulk_acts (id, actor, act, before) VALUES ($1, $2, $3, $4)

-- name: lock
-- The second of two undos sees that it is undone.
SELECT * FROM bulk_acts WHERE id = $1 FOR UPDATE

-- name: mark_undone
-- The row stays.
UPDATE bulk_acts SET undone_at = now() WHERE id = $1
