-- What staff mark on conversations: tags, snoozes, spam, mentions, and blocked senders.

-- name: set_tags
-- The whole list, so that a repeat changes nothing.
UPDATE conversations SET tags = $2 WHERE id = $1

-- name: tags
-- For suggestions, the most used first, of the newest conversations that have some.
SELECT tag FROM (
    SELECT tags FROM conversations WHERE tags <> '{}' ORDER BY last_message_at DESC LIMIT 5000
) tagged CROSS JOIN unnest(tags) tag GROUP BY tag ORDER BY count(*) DESC, tag LIMIT 500

-- name: snooze
-- NULL wakes it.
UPDATE conversations SET snoozed_until = $2 WHERE id = $1

-- name: due
-- Those whose time has come.
SELECT id FROM conversations WHERE snoozed_until <= now() ORDER BY snoozed_until LIMIT $1

-- name: set_spam
-- Who owned it is decided elsewhere.
UPDATE conversations SET is_spam = $2 WHERE id = $1

-- name: mention
-- A second mention is unseen again.
INSERT INTO mentions (conversation_id, person, author) SELECT $1, person, $3 FROM unnest($2::text[]) person
ON CONFLICT (conversation_id, person) DO UPDATE SET author = excluded.author, created_at = now(), seen_at = NULL

-- name: see_mentions
-- Once.
UPDATE mentions SET seen_at = now() WHERE conversation_id = $1 AND person = $2 AND seen_at IS NULL

-- name: block
-- The first one who blocked it stays.
INSERT INTO blocked_senders (kind, value, is_proven, blocked_by) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- name: unblock
-- For its owner and for those who claim it.
DELETE FROM blocked_senders WHERE kind = $1 AND value = $2

-- name: blocked
-- For the list.
SELECT * FROM blocked_senders ORDER BY created_at DESC, kind, value

-- name: blocked_among
-- Whoever blocks an owner blocks those who claim the same address as well, and never the other way round.
SELECT DISTINCT s.place
FROM unnest($1::text[], $2::text[], $3::boolean[]) WITH ORDINALITY AS s (kind, value, is_proven, place)
JOIN blocked_senders b ON b.kind = s.kind AND b.value = s.value AND (b.is_proven OR NOT s.is_proven)
