-- Leases: who may do what only one process may do, and until when. Times are the database's, since clocks differ.

-- name: acquire
-- Only if nobody holds it. The token rises with every holder, so that an earlier one can be told apart.
INSERT INTO leases AS l (name, holder, token, expires_at) VALUES ($1, $2, 1, clock_timestamp() + $3::interval)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = l.token + 1, since = clock_timestamp(),
    expires_at = excluded.expires_at
WHERE l.expires_at <= clock_timestamp()
RETURNING token

-- name: renew
-- Also after the time, as long as nobody else has taken it.
UPDATE leases SET expires_at = clock_timestamp() + $3::interval WHERE name = $1 AND token = $2

-- name: release
-- So that the next one need not wait for the time to pass.
UPDATE leases SET expires_at = clock_timestamp() WHERE name = $1 AND token = $2

-- name: require
-- The shared lock keeps the next holder waiting until this transaction ends, so nothing is marked after it took over.
SELECT 1 FROM leases WHERE name = $1 AND token = $2 FOR SHARE

-- name: is_held
-- For health: whether somebody leads now.
SELECT expires_at > clock_timestamp() FROM leases WHERE name = $1
