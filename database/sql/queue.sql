-- The staff queue: views, orders, search and counts. database/stores/queue.py puts a page together from the parts, so that
-- each combination has a plan of its own, which walks an index in the page's order or begins with the few rows found.

-- part: page
-- The page is cut before the look-ups of its rows. Conversations of erased customers are left out.
SELECT c.* FROM conversations c WHERE c.status <> 'closed' AND {conditions} ORDER BY {order} LIMIT :limit

-- part: lines
-- Unanswered are messages without an answer of a turn or a person, dead ones, and those whose turn only announced a
-- person; otherwise the hand-over itself counts, if the customer asked for a person without a message. Unread are those for
-- a person since its owner, or anybody, saw it. Both look at the newest hundred messages of a conversation.
SELECT c.id, t.number AS ticket_number, coalesce(c.sender_name, u.name) AS customer_name, c.assurance, c.channel,
    coalesce(t.status, c.status) AS status, c.owner, c.owner_name, t.escalation_reason AS reason,
    t.priority, coalesce(nullif(t.subject, ''), c.subject) AS subject, c.last_message_at,
    coalesce(w.oldest_unanswered_at, CASE t.status WHEN 'escalated' THEN t.escalated_at END)
        AS oldest_unanswered_at,
    c.sentiment_trend AS sentiment, c.status AS stored_status, c.turn_since, c.queue_rank, c.queue_at, c.tags,
    c.snoozed_until, c.is_spam,
    EXISTS (SELECT FROM mentions x WHERE x.conversation_id = c.id AND x.person = :viewer AND x.seen_at IS NULL) AS is_mentioned,
    CASE WHEN c.queue_rank < 10 THEN w.unread ELSE 0 END AS unread
FROM page c
JOIN customers u ON u.id = c.customer_id
LEFT JOIN LATERAL (
    SELECT * FROM tickets t WHERE t.conversation_id = c.id
    ORDER BY t.status IN ('resolved', 'closed'), t.created_at DESC LIMIT 1
) t ON true
LEFT JOIN LATERAL (
    SELECT min(m.created_at) FILTER (WHERE m.state IN ('waiting', 'drafted', 'with_human') OR (
            (m.state = 'dead' OR m.state = 'answered' AND n.outcome = 'escalated') AND c.status = 'open'
            AND m.position > coalesce(m.last_of_staff, 0))) AS oldest_unanswered_at,
        count(*) FILTER (WHERE m.state <> 'ignored' AND m.created_at > coalesce(c.seen_at, '-infinity')) AS unread
    FROM (
        SELECT m.*, max(m.position) FILTER (WHERE m.role = 'staff') OVER () AS last_of_staff FROM (
            SELECT role, state, turn_id, created_at, position FROM messages
            WHERE conversation_id = c.id ORDER BY position DESC LIMIT 100
        ) m
    ) m
    LEFT JOIN turns n ON n.id = m.turn_id AND m.state = 'answered' AND c.status = 'open'
    WHERE m.role = 'customer'
) w ON true
ORDER BY {order}

-- part: urgent
-- A person's turn by priority, what was not answered in time one priority higher, then the agent's, the customer's and
-- nobody's, each by when the answer is due, else by how long it has been theirs: see queue_rank() in the schema.
c.queue_rank, c.queue_at, c.id

-- part: after_urgent
-- The place of the last line of the page before.
(c.queue_rank, c.queue_at, c.id) > (:rank, :at, :last)

-- part: newest
-- By the last message.
c.last_message_at DESC, c.id DESC

-- part: after_newest
-- As above.
(c.last_message_at, c.id) < (:at, :last)

-- part: oldest
-- By the last message.
c.last_message_at, c.id

-- part: after_oldest
-- As above.
(c.last_message_at, c.id) > (:at, :last)

-- part: waiting
-- Whose turn is a person's. Written as the partial index is.
c.queue_rank < 10 AND c.snoozed_until IS NULL AND NOT c.is_spam

-- part: unassigned
-- Of these whom nobody owns.
c.queue_rank < 10 AND c.snoozed_until IS NULL AND NOT c.is_spam AND c.owner_name IS NULL

-- part: mine
-- Which the viewer owns.
c.owner_name = :viewer AND c.snoozed_until IS NULL AND NOT c.is_spam

-- part: snoozed
-- By whoever.
c.snoozed_until IS NOT NULL AND NOT c.is_spam

-- part: mentioned
-- By index: a person has few that are unseen.
c.id = ANY (ARRAY(SELECT conversation_id FROM mentions WHERE person = :viewer AND seen_at IS NULL)) AND NOT c.is_spam

-- part: spam
-- A search of all looks there, too.
c.is_spam

-- part: all
-- But spam.
NOT c.is_spam

-- part: everything
-- What a search of all looks in.
true

-- part: owner
-- The agent or a person.
c.owner = :owner

-- part: channel
-- One of ours.
c.channel = :channel

-- part: tag
-- One tag.
c.tags @> ARRAY[:tag::text]

-- part: status
-- Of its ticket, an unresolved one first.
c.ticket_status = :status

-- part: reason
-- As above.
c.ticket_reason = :reason

-- part: search
-- Finds what holds every term somewhere, first by the terms with fewer than :most hits. Comparisons with ~>=~ do what LIKE
-- does for a beginning, by an index also for terms that are not known when the query is planned. A count in a WHERE is
-- evaluated once and leaves out the whole branch.
term AS MATERIALIZED (
    SELECT *, to_tsquery('simple', words) AS query, text || E'\U0010FFFF' AS text_end, 1 << place::integer AS bit,
        upper(text) AS number, 'TKT-' || upper(text) AS bare_number, reverse(text) AS txet, reverse(digits) AS stigid
    FROM unnest(:texts::text[], :words::text[], :digits::text[], :insides::text[])
        WITH ORDINALITY AS t (text, words, digits, inside, place)
), known AS MATERIALIZED (
    SELECT term.bit, k.id FROM term CROSS JOIN LATERAL (
        (SELECT i.customer_id AS id FROM customer_identifiers i WHERE i.value ~>=~ term.text AND i.value ~<~ term.text_end LIMIT :most)
        UNION (SELECT i.customer_id FROM customer_identifiers i
            WHERE reverse(i.value) ~>=~ term.txet AND reverse(i.value) ~<~ (term.txet || E'\U0010FFFF') LIMIT :most)
        UNION (SELECT i.customer_id FROM customer_identifiers i WHERE term.digits <> ''
            AND reverse(i.value) ~>=~ term.stigid AND reverse(i.value) ~<~ (term.stigid || E'\U0010FFFF') LIMIT :most)
        UNION (SELECT i.customer_id FROM customer_identifiers i
            WHERE to_tsvector('simple', translate(i.value, '@.+-_', '     ')) @@ term.query LIMIT :most)
        UNION (SELECT u.id FROM customers u WHERE to_tsvector('simple', u.name) @@ term.query LIMIT :most)
    ) k
), hits AS (
    SELECT known.bit, c.id FROM known
        CROSS JOIN LATERAL (SELECT c.id FROM conversations c WHERE c.customer_id = known.id OFFSET 0) c
        WHERE (SELECT count(*) FROM known) <= :few
    UNION ALL SELECT known.bit, c.id FROM known JOIN conversations c ON c.customer_id = known.id
        WHERE (SELECT count(*) FROM known) > :few
    UNION ALL SELECT term.bit, hit.id FROM term CROSS JOIN LATERAL (
        (SELECT t.conversation_id AS id FROM tickets t
            WHERE t.number ~>=~ term.number AND t.number ~<~ (term.number || '~') LIMIT :most)
        UNION ALL (SELECT t.conversation_id FROM tickets t
            WHERE t.number ~>=~ term.bare_number AND t.number ~<~ (term.bare_number || '~') LIMIT :most)
        UNION ALL (SELECT t.conversation_id FROM tickets t WHERE to_tsvector('simple', t.subject) @@ term.query LIMIT :most)
        UNION ALL (SELECT c.id FROM conversations c
            WHERE to_tsvector('simple', coalesce(c.sender_name, '') || ' ' || coalesce(c.subject, '')) @@ term.query LIMIT :most)
        UNION ALL (SELECT m.conversation_id FROM messages m
            WHERE to_tsvector('simple', left(m.content, 20000)) @@ term.query LIMIT :most)
        UNION ALL (SELECT m.conversation_id FROM messages m WHERE term.inside <> ''
            AND unspaced_pairs(m.content) @> unspaced_pairs(term.inside) AND m.content ILIKE term.inside LIMIT :most)
    ) hit
), sums AS MATERIALIZED (
    SELECT bit, count(*) >= :most AS is_common, array_agg(id) AS ids FROM hits GROUP BY bit
), rare AS MATERIALIZED (
    SELECT count(*) AS terms, bit_or(bit) AS bits FROM term WHERE bit NOT IN (SELECT bit FROM sums WHERE is_common)
), found AS MATERIALIZED (
    SELECT unnest(ids) AS id FROM sums WHERE NOT is_common AND (SELECT terms FROM rare) = 1
    UNION ALL SELECT id FROM sums CROSS JOIN unnest(ids) AS id WHERE NOT is_common AND (SELECT terms FROM rare) > 1
    GROUP BY id HAVING bit_or(bit) = (SELECT bits FROM rare)
), size AS MATERIALIZED (
    SELECT count(*) < 20 * :few AND count(DISTINCT id) <= :few AS is_few FROM (SELECT id FROM found LIMIT 20 * :few) f
)

-- part: few_found
-- Begins with what was found.
SELECT c.* FROM conversations c WHERE c.status <> 'closed' AND {conditions} AND {holds}
    AND c.id = ANY (ARRAY(SELECT DISTINCT id FROM found)) AND (SELECT is_few FROM size)
ORDER BY {order} LIMIT :limit

-- part: many_found
-- Walks in the page's order, which soon meets enough of them, and looks for the common terms no further than in :window
-- conversations. The comparison keeps what was found in a hash table.
SELECT c.* FROM (
    SELECT c.* FROM conversations c WHERE c.status <> 'closed' AND {conditions}
        AND ((c.id IN (SELECT id FROM found)) = true OR (SELECT terms FROM rare) = 0)
        AND (NOT (SELECT is_few FROM size) OR (SELECT terms FROM rare) = 0 AND EXISTS (SELECT FROM term))
    ORDER BY {order} LIMIT :window
) c
WHERE {holds} ORDER BY {order} LIMIT :limit

-- part: holds
-- Each common term as well, in whatever is searched.
NOT EXISTS (SELECT FROM term WHERE bit IN (SELECT bit FROM sums WHERE is_common) AND NOT EXISTS (
    SELECT FROM (
        SELECT concat_ws(' ', c.sender_name, c.subject)
        UNION ALL SELECT m.content FROM messages m WHERE m.conversation_id = c.id
        UNION ALL SELECT t.number || ' ' || t.subject FROM tickets t WHERE t.conversation_id = c.id
        UNION ALL SELECT u.name FROM customers u WHERE u.id = c.customer_id
        UNION ALL SELECT i.value FROM customer_identifiers i WHERE i.customer_id = c.customer_id
    ) AS said (content) WHERE strpos(lower(said.content), term.text) > 0))

-- name: counts
-- Each by an index of its own, and no further than to $2. See the parts above for what each view holds.
SELECT
    (SELECT count(*) FROM (SELECT FROM conversations c
        WHERE c.status <> 'closed' AND c.queue_rank < 10 AND c.snoozed_until IS NULL AND NOT c.is_spam LIMIT $2) v) AS waiting,
    (SELECT count(*) FROM (SELECT FROM conversations c
        WHERE c.status <> 'closed' AND c.owner_name = $1 AND c.snoozed_until IS NULL AND NOT c.is_spam LIMIT $2) v) AS mine,
    (SELECT count(*) FROM (SELECT FROM conversations c
        WHERE c.status <> 'closed' AND c.queue_rank < 10 AND c.snoozed_until IS NULL AND NOT c.is_spam AND c.owner_name IS NULL
        LIMIT $2) v) AS unassigned,
    (SELECT count(*) FROM (SELECT FROM conversations c
        WHERE c.status <> 'closed' AND c.snoozed_until IS NOT NULL AND NOT c.is_spam LIMIT $2) v) AS snoozed,
    (SELECT count(*) FROM (SELECT FROM mentions x JOIN conversations c ON c.id = x.conversation_id
        WHERE x.person = $1 AND x.seen_at IS NULL AND c.status <> 'closed' AND NOT c.is_spam LIMIT $2) v) AS mentioned,
    (SELECT count(*) FROM (SELECT FROM conversations c WHERE c.status <> 'closed' AND c.is_spam LIMIT $2) v) AS spam,
    (SELECT count(*) FROM (SELECT FROM conversations c WHERE c.status <> 'closed' AND NOT c.is_spam LIMIT $2) v) AS all
