-- Conversations: found by thread, owned by the agent or a person, fenced against late turns.

-- name: find_by_thread
-- Among the same customer's only, whatever a header says; who is merely claimed joins no proven conversation.
SELECT c.* FROM conversations c
WHERE c.customer_id = $1 AND c.channel = $2 AND c.status <> 'closed'
    AND (c.assurance = 'claimed' OR $3::assurance > 'claimed')
    AND (c.provider_thread_id = ANY ($4::text[]) OR EXISTS (
        SELECT FROM messages m WHERE m.conversation_id = c.id AND m.message_id_header = ANY ($4::text[])))
ORDER BY (c.provider_thread_id = ANY ($4::text[])) IS TRUE DESC, c.last_message_at DESC
LIMIT 1 FOR NO KEY UPDATE

-- name: find_recent
-- No thread to go by: what the customer said on this channel within a day belongs together.
SELECT c.* FROM conversations c
WHERE c.customer_id = $1 AND c.channel = $2 AND c.status = 'open'
    AND (c.assurance = 'claimed' OR $3::assurance > 'claimed')
    AND c.last_message_at > now() - interval '24 hours'
ORDER BY c.last_message_at DESC
LIMIT 1 FOR NO KEY UPDATE

-- name: join
-- The reply goes into the newest message's thread; a proven sender proves the conversation.
UPDATE conversations SET status = 'open', assurance = greatest(assurance, $2),
    provider_thread_id = coalesce($3, provider_thread_id)
WHERE id = $1 RETURNING *

-- name: open
-- The sender's assurance decides later what this conversation may see.
INSERT INTO conversations (customer_id, channel, assurance, subject, provider_thread_id)
VALUES ($1, $2, $3, $4, $5) RETURNING *

-- name: get
-- Without a lock: for reading.
SELECT * FROM conversations WHERE id = $1

-- name: lock
-- NO KEY UPDATE: rows that only refer to the conversation need not wait.
SELECT * FROM conversations WHERE id = $1 FOR NO KEY UPDATE

-- name: lock_of
-- A message stays in its conversation for good.
SELECT c.* FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.id = $1 FOR NO KEY UPDATE OF c

-- name: newest_of
-- Of a merged customer the one that took its place.
SELECT * FROM conversations WHERE customer_id = (SELECT current_customer($1)) ORDER BY last_message_at DESC LIMIT 1

-- name: note_inbound
-- resolved_at stays: counts since the last resolution hang on it. Messages may come out of order.
-- Of last_inbound_at only the release before this one reads.
UPDATE conversations SET last_inbound_at = greatest(last_inbound_at, $2), last_message_at = now(),
    status = CASE status WHEN 'resolved' THEN 'open' ELSE status END
WHERE id = $1

-- name: advance_fence
-- Under the row's lock, so that two turns never hold the same value.
UPDATE conversations SET fence = fence + 1 WHERE id = $1 RETURNING fence

-- name: hand_over
-- A person who already owns it keeps it.
UPDATE conversations SET owner = 'human' WHERE id = $1

-- name: take
-- A take-over is a fence: a turn that is still thinking can't commit after it. Taken twice is taken once.
UPDATE conversations SET owner = 'human', owner_name = $2,
    fence = fence + CASE WHEN owner_name = $2 THEN 0 ELSE 1 END
WHERE id = $1 AND (owner_name IS NULL OR owner_name = $2) RETURNING *

-- name: release
-- Also out of the queue, when nobody took it yet.
UPDATE conversations SET owner = 'agent', owner_name = NULL
WHERE id = $1 AND (owner_name IS NULL OR owner_name = $2) RETURNING id

-- name: resolve
-- It is nobody's any more: the next message is answered by the agent. A turn in progress loses its fence.
UPDATE conversations SET status = 'resolved', resolved_at = now(), owner = 'agent', owner_name = NULL,
    fence = fence + 1
WHERE id = $1

-- name: history
-- A proven conversation ($3: or staff) sees the customer's words on every channel, a claimed one its own.
-- What still waits is the turn's own input, not history.
SELECT m.role, m.channel, m.content, m.created_at, m.conversation_id
FROM conversations c JOIN messages m
    ON m.customer_id = c.customer_id AND ($3 OR c.assurance > 'claimed' OR m.conversation_id = c.id)
WHERE c.id = $1 AND ($3 OR m.state <> 'waiting')
ORDER BY m.position DESC LIMIT $2

-- name: queue
-- Unanswered is what no turn and no person has answered, what could not be processed, and what a turn
-- answered with nothing but the promise that a person will; else the hand-over itself, where the customer
-- asked for one without a message. A closed conversation (an erased customer's) is nobody's work.
SELECT c.id, t.number AS ticket_number, u.name AS customer_name, c.channel,
    coalesce(t.status, c.status) AS status, c.owner, c.owner_name, t.escalation_reason AS reason,
    t.priority, coalesce(nullif(t.subject, ''), c.subject) AS subject, c.last_message_at,
    coalesce(w.oldest_unanswered_at, CASE t.status WHEN 'escalated' THEN t.escalated_at END)
        AS oldest_unanswered_at,
    c.sentiment_trend AS sentiment
FROM conversations c
JOIN customers u ON u.id = c.customer_id
LEFT JOIN LATERAL (
    SELECT * FROM tickets t WHERE t.conversation_id = c.id
    ORDER BY t.status IN ('resolved', 'closed'), t.created_at DESC LIMIT 1
) t ON true
LEFT JOIN LATERAL (
    SELECT min(m.created_at) AS oldest_unanswered_at
    FROM messages m LEFT JOIN turns n ON n.id = m.turn_id
    WHERE m.conversation_id = c.id AND m.role = 'customer'
        AND (m.state IN ('waiting', 'with_human') OR (
            (m.state = 'dead' OR m.state = 'answered' AND n.outcome = 'escalated') AND c.status = 'open'
            AND NOT EXISTS (SELECT FROM messages s
                WHERE s.conversation_id = c.id AND s.role = 'staff' AND s.position > m.position)))
) w ON true
WHERE c.status <> 'closed'
    AND ($1::text IS NULL OR c.owner = $1)
    AND ($2::text IS NULL OR t.status = $2)
    AND ($3::channel IS NULL OR c.channel = $3)
    AND ($4::text IS NULL OR t.escalation_reason = $4)
ORDER BY (t.status = 'escalated') IS TRUE DESC, oldest_unanswered_at NULLS LAST, c.last_message_at, c.id
LIMIT $5

-- name: set_sentiment_trend
-- For the staff queue.
UPDATE conversations SET sentiment_trend = $2 WHERE id = $1
