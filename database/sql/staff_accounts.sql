-- Staff accounts and the sessions of the console.

-- name: list
-- Few. Those in force, or the withdrawn ones ($1).
SELECT * FROM staff_accounts WHERE (withdrawn_at IS NOT NULL) = $1 ORDER BY lower(name), id

-- name: lock
-- Serialises changes of one account.
SELECT * FROM staff_accounts WHERE id = $1 FOR UPDATE

-- name: add
-- A name belongs to one account in force, in whatever case.
INSERT INTO staff_accounts (name, email, role, key_lookup, key_salt, key_digest, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (lower(name)) WHERE withdrawn_at IS NULL DO NOTHING RETURNING *

-- name: by_subject
-- Whom the identity provider vouches for.
SELECT * FROM staff_accounts WHERE issuer = $1 AND subject = $2 FOR UPDATE

-- name: admit
-- The first sign-in; the name stays, since conversations name their owner by it.
INSERT INTO staff_accounts (issuer, subject, name, email, role, created_by) VALUES ($1, $2, $3, $4, $5, $1) RETURNING *

-- name: renew
-- Role and address are those of the newest sign-in.
UPDATE staff_accounts SET email = $2, role = $3 WHERE id = $1 RETURNING *

-- name: by_key
-- By the key's public part.
SELECT * FROM staff_accounts WHERE key_lookup = $1 AND withdrawn_at IS NULL

-- name: note_account_seen
-- Once a minute, so that reads stay reads.
UPDATE staff_accounts SET last_seen_at = now()
WHERE id = $1 AND (last_seen_at IS NULL OR last_seen_at < now() - interval '1 minute')

-- name: set_key
-- The former key is overwritten.
UPDATE staff_accounts SET key_lookup = $2, key_salt = $3, key_digest = $4 WHERE id = $1

-- name: set_role
-- In force with the next call, which reads it.
UPDATE staff_accounts SET role = $2 WHERE id = $1 RETURNING *

-- name: withdraw
-- Its key is forgotten; its name is free again.
UPDATE staff_accounts SET withdrawn_at = now(), key_lookup = NULL, key_salt = NULL, key_digest = NULL
WHERE id = $1 AND withdrawn_at IS NULL

-- name: reinstate
-- For whom the identity provider vouches: nobody else can come back without a new key.
UPDATE staff_accounts SET withdrawn_at = NULL WHERE id = $1

-- name: lock_administrators
-- Two administrators who withdraw each other at once must not both succeed.
SELECT id FROM staff_accounts WHERE role = 'admin' AND key_lookup IS NOT NULL AND withdrawn_at IS NULL ORDER BY id FOR UPDATE

-- name: start_session
-- Of an account, or of a key of the settings.
INSERT INTO staff_sessions (token_digest, account_id, key_proof, ends_at) VALUES ($1, $2, $3, now() + $4)

-- name: find_session
-- Open unless it ended, was idle for longer than $2, or its account was withdrawn.
SELECT s.key_proof, s.account_id,
    s.ended_at IS NULL AND s.ends_at > now() AND s.seen_at > now() - $2::interval
        AND (s.account_id IS NULL OR a.withdrawn_at IS NULL) AS is_open,
    a.id, a.name, a.email, a.role, a.issuer, a.created_at, a.last_seen_at, a.withdrawn_at
FROM staff_sessions s LEFT JOIN staff_accounts a ON a.id = s.account_id WHERE s.token_digest = $1

-- name: note_session_seen
-- Once a minute.
UPDATE staff_sessions SET seen_at = now() WHERE token_digest = $1 AND seen_at < now() - interval '1 minute'

-- name: end_session
-- Keeps the row, so that the browser's old cookie is no guess.
UPDATE staff_sessions SET ended_at = now() WHERE token_digest = $1 AND ended_at IS NULL

-- name: end_sessions_of
-- After a withdrawal or with a new key.
UPDATE staff_sessions SET ended_at = now() WHERE account_id = $1 AND ended_at IS NULL

-- name: forget_old_sessions
-- No browser keeps a cookie for so long after its end.
DELETE FROM staff_sessions WHERE ends_at < now() - interval '7 days'
