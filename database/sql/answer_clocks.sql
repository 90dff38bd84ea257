-- The time in which a person has to answer a waiting conversation, and how long customers waited before.

-- name: start
-- What was told stays told, unless there is more time now.
INSERT INTO answer_clocks (conversation_id, kind, started_at, warn_at, due_at, priority, profile_version)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (conversation_id) DO UPDATE SET kind = excluded.kind, started_at = excluded.started_at,
    warn_at = excluded.warn_at, due_at = excluded.due_at, priority = excluded.priority,
    profile_version = excluded.profile_version,
    told = CASE WHEN excluded.due_at > answer_clocks.due_at THEN 'nothing' ELSE answer_clocks.told END

-- name: stop
-- An answer, or an end without one.
DELETE FROM answer_clocks WHERE conversation_id = $1

-- name: get
-- At most one a conversation.
SELECT kind, started_at, warn_at, due_at, told, priority, profile_version FROM answer_clocks WHERE conversation_id = $1

-- name: of
-- For a page of the queue.
SELECT conversation_id, kind, started_at, warn_at, due_at, told, priority, profile_version
FROM answer_clocks WHERE conversation_id = ANY ($1::uuid[])

-- name: has_answered
-- Only a person's answer counts; the first one after a resolution is a first one again.
SELECT EXISTS (SELECT FROM messages m JOIN conversations c ON c.id = m.conversation_id
    WHERE m.conversation_id = $1 AND m.role = 'staff' AND m.created_at > coalesce(c.resolved_at, '-infinity'))

-- name: due
-- A breach that was told is the end of it.
SELECT conversation_id FROM answer_clocks
WHERE told = 'nothing' AND warn_at <= now() OR told = 'warning' AND due_at <= now()
ORDER BY due_at LIMIT $1

-- name: note_told
-- Under the conversation's lock.
UPDATE answer_clocks SET told = $2 WHERE conversation_id = $1

-- name: outdated
-- Conversations whose next move is a person's, whose clock counts by another version of the profile or is missing.
SELECT c.id FROM conversations c LEFT JOIN answer_clocks a ON a.conversation_id = c.id
WHERE c.status <> 'closed' AND c.queue_rank < 10 AND a.profile_version IS DISTINCT FROM $1
ORDER BY c.turn_since LIMIT $2

-- name: add_wait
-- One for each answer of a person that a customer waited for.
INSERT INTO answered_waits (conversation_id, channel, waited) VALUES ($1, $2, $3)

-- name: waits
-- The newest ones say most.
SELECT waited FROM answered_waits WHERE answered_at >= $1 ORDER BY answered_at DESC LIMIT $2

-- name: waiting_since
-- Whose next move is a person's, owned or not.
SELECT c.turn_since FROM conversations c WHERE c.status <> 'closed' AND c.queue_rank < 10
ORDER BY c.turn_since LIMIT $1

-- name: purge
-- Older ones are counted no more.
DELETE FROM answered_waits WHERE answered_at < now() - $1::interval

-- name: unowned
-- Customers who wait for a person while nobody owns their conversation.
SELECT count(*) AS waiting, min(c.turn_since) AS oldest_at
FROM conversations c
WHERE c.status <> 'closed' AND c.queue_rank < 10 AND c.snoozed_until IS NULL AND NOT c.is_spam AND c.owner_name IS NULL
