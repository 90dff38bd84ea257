-- Macros: texts with placeholders.

-- name: list
-- By title, as they are offered.
SELECT * FROM macros ORDER BY lower(title), id

-- name: get
-- By id.
SELECT * FROM macros WHERE id = $1

-- name: add
-- A taken title adds no row.
INSERT INTO macros (title, content, created_by) VALUES ($1, $2, $3) ON CONFLICT (title) DO NOTHING RETURNING *

-- name: change
-- A title that another one has changes nothing.
UPDATE macros SET title = $2, content = $3
WHERE id = $1 AND NOT EXISTS (SELECT FROM macros other WHERE other.title = $2 AND other.id <> $1) RETURNING *

-- name: remove
-- What was sent with it stays.
DELETE FROM macros WHERE id = $1
