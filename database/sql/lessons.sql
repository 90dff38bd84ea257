-- Lessons of resolved tickets, regression questions, and searches that found nothing.

-- name: unread
-- Tickets resolved by a person and not read since. Messages since the previous resolution belong to the ticket.
SELECT k.id, k.number, k.category, k.escalation_reason, k.subject, coalesce(k.resolution_note, '') AS note, k.resolved_at,
    p.words AS private_words, s.customer, s.staff, s.agent,
    EXISTS (SELECT FROM turns t WHERE t.conversation_id = k.conversation_id AND t.state = 'committed'
        AND t.tried @> '{"found_answer": false}') AS search_failed,
    coalesce((SELECT NOT f.helpful FROM feedback f WHERE f.ticket_id = k.id ORDER BY f.created_at DESC LIMIT 1), false)
        AS is_disputed
FROM tickets k
LEFT JOIN learned_tickets l ON l.ticket_id = k.id
CROSS JOIN LATERAL (
    SELECT array_remove(array_agg(DISTINCT word), '') AS words FROM (
        SELECT c.name FROM customers c WHERE c.id = k.customer_id
        UNION SELECT i.value FROM customer_identifiers i WHERE i.customer_id = k.customer_id
        UNION SELECT coalesce(k.resolved_by, '')
        UNION SELECT coalesce(m.author, '') FROM messages m WHERE m.conversation_id = k.conversation_id AND m.role = 'staff'
    ) known (word)
) p
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(m.content ORDER BY m.position) FILTER (WHERE m.role = 'customer'), '{}') AS customer,
        coalesce(array_agg(m.content ORDER BY m.position) FILTER (WHERE m.role = 'staff'), '{}') AS staff,
        coalesce(array_agg(m.content ORDER BY m.position) FILTER (WHERE m.role = 'agent'), '{}') AS agent
    FROM messages m
    WHERE m.conversation_id = k.conversation_id AND m.created_at > coalesce((
        SELECT max(o.resolved_at) FROM tickets o
        WHERE o.conversation_id = k.conversation_id AND o.id <> k.id AND o.resolved_at < k.resolved_at), '-infinity')
) s
JOIN conversations v ON v.id = k.conversation_id AND v.erased_at IS NULL
WHERE k.status IN ('resolved', 'closed') AND k.resolved_by IS NOT NULL AND k.resolved_at IS NOT NULL
    AND (l.ticket_id IS NULL OR l.resolved_at < k.resolved_at)
    AND NOT EXISTS (SELECT FROM failed_items f
        WHERE f.job = 'learning' AND f.item = k.id::text AND (f.retry_at IS NULL OR f.retry_at > now()))
ORDER BY k.resolved_at LIMIT $1

-- name: note
-- The second of two readers of the same resolution finds it noted. Nothing is learned from an erased customer: this
-- statement comes first and holds the erasure up.
INSERT INTO learned_tickets AS l (ticket_id, resolved_at, outcome, article_id)
SELECT id, $2, $3, $4 FROM tickets WHERE id = $1 AND lock_unless_erased(conversation_id)
ON CONFLICT (ticket_id) DO UPDATE SET resolved_at = EXCLUDED.resolved_at, outcome = EXCLUDED.outcome,
    article_id = EXCLUDED.article_id, created_at = now()
WHERE l.resolved_at < EXCLUDED.resolved_at
RETURNING ticket_id

-- name: add_candidate
-- A person decides about it later.
INSERT INTO knowledge_candidates (title, text, category, expires_at) VALUES ($1, $2, $3, $4) RETURNING id

-- name: add_evidence
-- A ticket that is resolved twice counts once.
INSERT INTO candidate_evidence (candidate_id, ticket_id, question) VALUES ($1, $2, $3)
ON CONFLICT (candidate_id, ticket_id) DO UPDATE SET question = EXCLUDED.question

-- name: candidates
-- Undecided ones first; a reopened ticket counts against the solution.
SELECT c.*, e.evidence FROM knowledge_candidates c
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object('ticket_number', k.number, 'conversation_id', k.conversation_id,
            'question', v.question, 'reopened', k.reopened) ORDER BY v.created_at), '[]') AS evidence,
        count(*) - sum(least(k.reopened, 1)) AS standing
    FROM candidate_evidence v JOIN tickets k ON k.id = v.ticket_id WHERE v.candidate_id = c.id
) e
WHERE $1::text[] IS NULL OR c.state = ANY ($1)
ORDER BY c.state NOT IN ('proposed', 'held'), e.standing DESC NULLS LAST, c.created_at DESC LIMIT $2

-- name: lock_candidate
-- Serialises two people's decisions.
SELECT c.* FROM knowledge_candidates c WHERE c.id = $1 FOR UPDATE

-- name: evidence
-- Oldest first.
SELECT k.number AS ticket_number, k.conversation_id, v.question, k.reopened
FROM candidate_evidence v JOIN tickets k ON k.id = v.ticket_id
WHERE v.candidate_id = $1 ORDER BY v.created_at

-- name: decide
-- NULL keeps the stored value.
UPDATE knowledge_candidates SET state = $2, decided_by = $3, decided_at = now(), reason = $4,
    title = coalesce($5, title), text = coalesce($6, text), article_id = coalesce($7, article_id),
    evaluation = coalesce($8, evaluation)
WHERE id = $1

-- name: withdraw_evidence
-- The customer's newest feedback is that it did not help.
DELETE FROM candidate_evidence v USING (
    SELECT DISTINCT ON (ticket_id) ticket_id, helpful FROM feedback ORDER BY ticket_id, created_at DESC
) w WHERE w.ticket_id = v.ticket_id AND NOT w.helpful

-- name: withdraw_candidates
-- No evidence is left.
UPDATE knowledge_candidates c SET state = 'withdrawn', reason = 'its customers said that it did not help', decided_at = now()
WHERE state IN ('proposed', 'held') AND NOT EXISTS (SELECT FROM candidate_evidence v WHERE v.candidate_id = c.id)

-- name: questions
-- Only of findable articles, since another article has no result to lose.
SELECT q.question, q.article_id FROM regression_questions q
WHERE EXISTS (SELECT FROM knowledge_base k WHERE k.article_id = q.article_id AND k.is_published
    AND (k.expires_at IS NULL OR k.expires_at > now()))
ORDER BY q.created_at DESC, q.id LIMIT $1

-- name: add_question
-- A repetition for the same article is ignored, and the question of a customer who is erased.
INSERT INTO regression_questions (question, article_id, origin, ticket_id)
SELECT $1, $2, $3, $4 WHERE $4::uuid IS NULL
    OR (SELECT lock_unless_erased(conversation_id) FROM tickets WHERE id = $4)
ON CONFLICT (article_id, question) DO NOTHING

-- name: confirmed_answers
-- The customer's newest feedback counts; the article is the first that the answer named.
SELECT k.id AS ticket_id, m.content AS question, (t.tried -> 'sources' -> 0 ->> 'article_id')::uuid AS article_id,
    array_remove(ARRAY[c.name] || ARRAY(SELECT i.value FROM customer_identifiers i WHERE i.customer_id = c.id), '')
        AS private_words
FROM (SELECT DISTINCT ON (ticket_id) ticket_id, helpful FROM feedback ORDER BY ticket_id, created_at DESC) w
JOIN tickets k ON k.id = w.ticket_id AND w.helpful
JOIN customers c ON c.id = k.customer_id
JOIN LATERAL (
    SELECT t.id, t.tried FROM turns t
    WHERE t.conversation_id = k.conversation_id AND t.state = 'committed' AND t.outcome = 'answered'
        AND jsonb_array_length(t.tried -> 'sources') > 0
    ORDER BY t.fence DESC LIMIT 1
) t ON true
JOIN LATERAL (
    SELECT m.content FROM messages m WHERE m.turn_id = t.id AND m.role = 'customer' ORDER BY m.position LIMIT 1
) m ON true
WHERE NOT EXISTS (SELECT FROM regression_questions q WHERE q.ticket_id = k.id AND q.origin = 'confirmed')
    AND NOT EXISTS (SELECT FROM failed_items f
        WHERE f.job = 'questions' AND f.item = k.id::text AND (f.retry_at IS NULL OR f.retry_at > now()))
ORDER BY k.created_at LIMIT $1

-- name: failed_searches
-- Several searches of a turn count as one.
SELECT t.tried -> 'searches' ->> 0 AS query, t.conversation_id, v.channel, t.started_at AS at,
    array_remove(ARRAY[c.name] || ARRAY(SELECT i.value FROM customer_identifiers i WHERE i.customer_id = c.id), '')
        AS private_words
FROM turns t JOIN conversations v ON v.id = t.conversation_id JOIN customers c ON c.id = v.customer_id
WHERE t.state = 'committed' AND t.tried @> '{"found_answer": false}' AND jsonb_array_length(t.tried -> 'searches') > 0
    AND t.started_at >= $1 AND t.started_at < $2 AND ($4::uuid[] IS NULL OR t.conversation_id = ANY ($4))
ORDER BY t.started_at DESC LIMIT $3
