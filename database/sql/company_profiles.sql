-- The company profile and its versions.

-- name: current
-- Read at every turn and every text of our own, so a change takes effect with the next message.
SELECT version, document::text AS document FROM company_profiles ORDER BY version DESC LIMIT 1

-- name: get
-- A version to read or to restore.
SELECT version, document::text AS document FROM company_profiles WHERE version = $1

-- name: versions
-- Newest first, without the documents.
SELECT version, author, restored_from, created_at FROM company_profiles ORDER BY version DESC LIMIT $1

-- name: save
-- Inserts nothing when somebody saved after the caller read; the primary key settles a race of two.
INSERT INTO company_profiles (version, document, author, restored_from)
SELECT $1 + 1, $2::text::jsonb, $3, $4
WHERE $1 = coalesce((SELECT max(version) FROM company_profiles), 0)
ON CONFLICT (version) DO NOTHING
RETURNING version
