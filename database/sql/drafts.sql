-- Replies that wait for a person.

-- name: add
-- The turn that made it has ended the conversation's draft before it. A draft whose source was changed while it was made
-- is stale from the start.
INSERT INTO drafts (turn_id, conversation_id, channel, topic, reason, author, content, sources, answers_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce((SELECT max(position) FROM messages WHERE id = ANY ($9::uuid[])), 0))
RETURNING id

-- name: newest
-- Whatever became of it.
SELECT * FROM draft_states WHERE conversation_id = $1 ORDER BY created_at DESC, id LIMIT 1

-- name: of_turn
-- A turn makes one draft at most.
SELECT * FROM draft_states WHERE turn_id = $1

-- name: approved
-- In the transaction of the reply.
UPDATE drafts SET state = 'approved', decided_by = $2, message_id = $3, distance = $4, decided_at = now() WHERE id = $1

-- name: discarded
-- It stays for the figures.
UPDATE drafts SET state = 'discarded', decided_by = $2, decided_at = now() WHERE id = $1

-- name: waiting
-- Only those that may be sent, oldest first, with the newest message that each answers.
SELECT d.*, t.number AS ticket_number, coalesce(c.sender_name, u.name) AS customer_name,
    coalesce(nullif(t.subject, ''), c.subject) AS subject, q.content AS question
FROM draft_states d
JOIN conversations c ON c.id = d.conversation_id
JOIN customers u ON u.id = c.customer_id
LEFT JOIN LATERAL (
    SELECT t.number, t.subject FROM tickets t WHERE t.conversation_id = c.id
    ORDER BY t.status IN ('resolved', 'closed'), t.created_at DESC LIMIT 1
) t ON true
LEFT JOIN messages q ON q.position = d.answers_until
WHERE d.state = 'waiting' AND d.because IS NULL
    AND ($1::channel IS NULL OR d.channel = $1)
    AND ($2::text IS NULL OR d.topic = $2)
    AND ($3::timestamptz IS NULL OR (d.created_at, d.id) > ($3, $4::uuid))
ORDER BY d.created_at, d.id LIMIT $5

-- name: count_waiting
-- Only those that may be sent.
SELECT count(*) FROM draft_states WHERE state = 'waiting' AND because IS NULL

-- name: without_source
-- The customer still waits, so the question is drafted anew.
SELECT conversation_id FROM draft_states WHERE state = 'waiting' AND because = 'source' AND reason IS NULL
ORDER BY created_at LIMIT $1

-- name: overdue
-- Nobody has been called yet: the conversation still waits for us, not for a person.
SELECT d.conversation_id FROM drafts d JOIN conversations c ON c.id = d.conversation_id
WHERE d.state = 'waiting' AND d.created_at < now() - $1::interval AND c.status = 'open' AND c.owner = 'agent'
    AND NOT EXISTS (SELECT FROM tickets t WHERE t.conversation_id = c.id AND t.status IN ('escalated', 'waiting_customer'))
ORDER BY d.created_at LIMIT $2

-- name: figures
-- A draft that a person did not use was overruled; any other stale one says nothing of its quality.
SELECT channel, topic,
    count(*) FILTER (WHERE state = 'waiting' AND because IS NULL) AS waiting,
    count(*) FILTER (WHERE state = 'approved') AS approved,
    count(*) FILTER (WHERE state = 'approved' AND distance = 0) AS unchanged,
    count(*) FILTER (WHERE state = 'discarded') AS discarded,
    count(*) FILTER (WHERE state IN ('waiting', 'stale') AND because = 'person') AS overruled,
    count(*) FILTER (WHERE state IN ('waiting', 'stale') AND because <> 'person') AS superseded,
    avg(distance) AS distance
FROM draft_states WHERE created_at >= $1 AND reason IS NULL
GROUP BY channel, topic ORDER BY channel, topic NULLS FIRST
