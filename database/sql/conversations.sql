-- Conversations: found by thread, owned by the agent or a person, fenced against late turns.

-- name: find_by_thread
-- Only among the same customer's, whatever a header says. A claimed sender joins no proven conversation, and a proven
-- sender no claimed one. One that was resolved longer ago than $5 is found as well: the message opens one linked to it.
SELECT c.*, c.status = 'resolved' AND coalesce(c.resolved_at, c.last_message_at) < now() - $5::interval AS is_past
FROM conversations c
WHERE c.customer_id = $1 AND c.channel = $2 AND c.status <> 'closed'
    AND (c.assurance > 'claimed') = ($3::assurance > 'claimed')
    AND (c.provider_thread_id = ANY ($4::text[]) OR EXISTS (
        SELECT FROM messages m WHERE m.conversation_id = c.id AND m.message_id_header = ANY ($4::text[])))
ORDER BY is_past, (c.provider_thread_id = ANY ($4::text[])) IS TRUE DESC, c.last_message_at DESC
LIMIT 1 FOR NO KEY UPDATE

-- name: find_recent
-- Without a thread of its own, a message joins the conversation that a person owns or is waited for in, however old;
-- else the one of the last day; else, on a channel without threads ($5), one resolved within $4.
SELECT c.* FROM conversations c
WHERE c.customer_id = $1 AND c.channel = $2
    AND (c.assurance > 'claimed') = ($3::assurance > 'claimed')
    AND CASE c.status
        WHEN 'open' THEN c.owner = 'human' OR c.last_message_at > now() - interval '24 hours'
        WHEN 'resolved' THEN $5 AND coalesce(c.resolved_at, c.last_message_at) >= now() - $4::interval
        ELSE false END
ORDER BY c.status = 'open' AND c.owner = 'human' DESC, c.status = 'open' DESC, c.last_message_at DESC
LIMIT 1 FOR NO KEY UPDATE

-- name: find_thread
-- Whoever its customer is: for a mail of ours, whose recipients ($3) come first. Two look-ups by index.
SELECT c.* FROM conversations c
WHERE c.id IN (
        SELECT id FROM conversations WHERE channel = $1 AND provider_thread_id = ANY ($2::text[])
        UNION SELECT conversation_id FROM messages WHERE channel = $1 AND message_id_header = ANY ($2::text[]))
    AND c.status <> 'closed'
ORDER BY EXISTS (SELECT FROM customer_identifiers i
        WHERE i.customer_id = c.customer_id AND i.kind = 'email' AND i.value = ANY ($3::text[])) DESC,
    c.last_message_at DESC
LIMIT 1 FOR NO KEY UPDATE

-- name: open_context
-- With the time of the imported mail, so that later messages are not taken for a part of it.
INSERT INTO conversations (customer_id, channel, assurance, subject, provider_thread_id, sender_name, created_at,
    last_message_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING *

-- name: note_context
-- Imported mail makes a conversation no newer than it is.
UPDATE conversations SET last_message_at = greatest(last_message_at, $2) WHERE id = $1

-- name: join
-- Replies go to the newest message's thread, and to the name that it gives.
UPDATE conversations SET assurance = greatest(assurance, $2), provider_thread_id = coalesce($3, provider_thread_id),
    sender_name = coalesce(nullif($4, ''), sender_name)
WHERE id = $1 RETURNING *

-- name: open
-- The sender's assurance decides later what this conversation may see. It continues the given one, else the customer's
-- latest on the channel that this sender may see.
INSERT INTO conversations (customer_id, channel, assurance, subject, provider_thread_id, sender_name, continues_id)
VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, (
    SELECT c.id FROM conversations c
    WHERE c.customer_id = $1 AND c.channel = $2 AND c.status <> 'closed'
        AND (c.assurance > 'claimed') = ($3::assurance > 'claimed')
    ORDER BY c.last_message_at DESC LIMIT 1))) RETURNING *

-- name: begin
-- By staff, to an identifier of the customer's own.
INSERT INTO conversations (customer_id, channel, assurance, subject, sender_name, recipient_id)
SELECT $1, $2, i.assurance, $3, $4, i.id FROM customer_identifiers i
WHERE i.customer_id = $1 AND i.kind = $5 AND i.value = $6 ORDER BY i.assurance DESC LIMIT 1 RETURNING *

-- name: get
-- Without a lock, for reading.
SELECT * FROM conversations WHERE id = $1

-- name: lock
-- NO KEY UPDATE, so that inserts that refer to the conversation need not wait. None once its customer is erased.
SELECT * FROM conversations WHERE id = $1 AND erased_at IS NULL FOR NO KEY UPDATE

-- name: lock_of
-- The same by a message, which never changes its conversation.
SELECT c.* FROM messages m JOIN conversations c ON c.id = m.conversation_id
WHERE m.id = $1 AND c.erased_at IS NULL FOR NO KEY UPDATE OF c

-- name: newest_of
-- A merged customer is replaced by the one that it was merged into.
SELECT * FROM conversations WHERE customer_id = (SELECT current_customer($1)) ORDER BY last_message_at DESC LIMIT 1

-- name: note_inbound
-- Messages may arrive out of order. Only the previous release reads last_inbound_at. Whoever writes ends a snooze.
UPDATE conversations SET last_inbound_at = greatest(last_inbound_at, $2), last_message_at = now(), snoozed_until = NULL WHERE id = $1

-- name: advance_fence
-- Under the row's lock, so that two turns never have the same value.
UPDATE conversations SET fence = fence + 1 WHERE id = $1 RETURNING fence

-- name: set_state
-- A new owner or a resolution advances the fence, so that a running turn can't commit. resolved_at stays when it is
-- opened again, since counts start from the last resolution. `turn_since` keeps its time while the turn is the same one's.
UPDATE conversations SET status = $2, owner = $3, owner_name = $4::text, last_owner_name = $5,
    fence = fence + ($4::text IS NOT NULL AND owner_name IS DISTINCT FROM $4::text OR $2 = 'resolved' AND status <> 'resolved')::int,
    resolved_at = CASE WHEN $2 = 'resolved' AND status <> 'resolved' THEN now() ELSE resolved_at END,
    turn_since = CASE WHEN $6 THEN now() ELSE turn_since END,
    seen_at = CASE WHEN $4::text IS NOT NULL AND owner_name IS DISTINCT FROM $4::text THEN now() ELSE seen_at END
WHERE id = $1 RETURNING *

-- name: see
-- By its owner ($2), or by any person while nobody owns it.
UPDATE conversations SET seen_at = now() WHERE id = $1 AND (owner_name IS NULL OR owner_name = $2)

-- name: absent
-- A customer waits for an owner who has not looked at it since the later of their own last act and the customer's
-- message. After the end of opening hours ($2) that is at once.
SELECT c.id FROM conversations c
WHERE c.owner_name IS NOT NULL AND c.status = 'open' AND c.snoozed_until IS NULL
    AND greatest(c.seen_at, c.turn_since) < greatest(now() - $1::interval, coalesce($2::timestamptz, '-infinity'))
    AND NOT EXISTS (SELECT FROM tickets t WHERE t.conversation_id = c.id AND t.status = 'waiting_customer')
ORDER BY c.turn_since LIMIT $3

-- name: add_note
-- For staff alone. No row once the customer is erased.
INSERT INTO conversation_notes (conversation_id, author, content) SELECT $1, $2, $3 WHERE lock_unless_erased($1)

-- name: notes
-- Oldest first.
SELECT author, content, created_at FROM conversation_notes WHERE conversation_id = $1 ORDER BY created_at, id

-- name: history
-- A proven conversation sees the customer's proven ones on every channel, a claimed one only itself; staff ($3) see
-- all of the customer's. Messages without an answer are the turn's input, not history.
SELECT m.role, m.channel, m.content, m.created_at, m.conversation_id, other.assurance
FROM conversations c JOIN messages m ON m.customer_id = c.customer_id JOIN conversations other ON other.id = m.conversation_id
WHERE c.id = $1 AND ($3 OR other.id = c.id OR (c.assurance > 'claimed' AND other.assurance > 'claimed'))
    AND ($3 OR m.state NOT IN ('waiting', 'drafted'))
ORDER BY m.position DESC LIMIT $2

-- name: also_claimed
-- What others wrote who only claimed an address that this customer has proven, newest first.
SELECT DISTINCT c.id, c.channel, c.sender_name, c.subject, c.last_message_at, t.number AS ticket_number
FROM customer_identifiers proven
JOIN customer_identifiers claim ON claim.kind = proven.kind AND claim.value = proven.value AND claim.assurance = 'claimed'
JOIN conversations c ON c.customer_id = claim.customer_id AND c.assurance = 'claimed'
LEFT JOIN LATERAL (
    SELECT number FROM tickets t WHERE t.conversation_id = c.id
    ORDER BY t.status IN ('resolved', 'closed'), t.created_at DESC LIMIT 1
) t ON true
WHERE proven.customer_id = $1 AND proven.assurance > 'claimed' AND c.customer_id <> $1 AND c.status <> 'closed'
ORDER BY c.last_message_at DESC, c.id LIMIT $2

-- name: set_sentiment_trend
-- For the staff queue.
UPDATE conversations SET sentiment_trend = $2 WHERE id = $1
