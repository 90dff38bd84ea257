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
-- NO KEY UPDATE, so that inserts that refer to the conversation need not wait.
SELECT * FROM conversations WHERE id = $1 FOR NO KEY UPDATE

-- name: lock_of
-- The same by a message, which never changes its conversation.
SELECT c.* FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.id = $1 FOR NO KEY UPDATE OF c

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
-- For staff alone.
INSERT INTO conversation_notes (conversation_id, author, content) VALUES ($1, $2, $3)

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

-- name: queue
-- The page is cut before the costly look-ups of its rows; only of open conversations the order needs the ticket. `stage`
-- is that of domain/conversation_state.py; a test compares the two. `urgent`: a person's turn by priority, what was not
-- answered in time one priority higher, then the agent's, the customer's and nobody's, each by when the answer is due, else
-- by how long it has been theirs. Unanswered are messages without an answer of a turn or a person, dead ones, and those whose turn only
-- announced a person; otherwise the hand-over itself counts, if the customer asked for a person without a message.
-- Unread are those for a person since its owner, or anybody, saw it. Conversations of erased customers are left out, and
-- spam but from its own view and from a search ($12 to $15), which finds what holds every term somewhere. Comparisons
-- with ~>=~ do what LIKE does for a beginning, by an index also for terms that are not known when the query is planned.
WITH term AS (
    SELECT *, to_tsquery('simple', words) AS query, text || E'\U0010FFFF' AS text_end,
        upper(text) AS number, 'TKT-' || upper(text) AS bare_number, reverse(text) AS txet, reverse(digits) AS stigid
    FROM unnest($12::text[], $13::text[], $14::text[], $15::text[]) WITH ORDINALITY AS t (text, words, digits, inside, place)
), known AS (
    SELECT term.place, i.customer_id FROM term JOIN customer_identifiers i ON i.value ~>=~ term.text AND i.value ~<~ term.text_end
    UNION SELECT term.place, i.customer_id FROM term
        JOIN customer_identifiers i ON reverse(i.value) ~>=~ term.txet AND reverse(i.value) ~<~ (term.txet || E'\U0010FFFF')
    UNION SELECT term.place, i.customer_id FROM term
        JOIN customer_identifiers i ON reverse(i.value) ~>=~ term.stigid AND reverse(i.value) ~<~ (term.stigid || E'\U0010FFFF')
        WHERE term.digits <> ''
    UNION SELECT term.place, i.customer_id FROM term
        JOIN customer_identifiers i ON to_tsvector('simple', translate(i.value, '@.+-_', '     ')) @@ term.query
    UNION SELECT term.place, u.id FROM term JOIN customers u ON to_tsvector('simple', u.name) @@ term.query
), found AS MATERIALIZED (
    SELECT conversation_id FROM (
        SELECT term.place, t.conversation_id FROM term JOIN tickets t
            ON t.number ~>=~ term.number AND t.number ~<~ (term.number || '~')
        UNION SELECT term.place, t.conversation_id FROM term JOIN tickets t
            ON t.number ~>=~ term.bare_number AND t.number ~<~ (term.bare_number || '~')
        UNION SELECT term.place, t.conversation_id FROM term JOIN tickets t ON to_tsvector('simple', t.subject) @@ term.query
        UNION SELECT term.place, c.id FROM term JOIN conversations c
            ON to_tsvector('simple', coalesce(c.sender_name, '') || ' ' || coalesce(c.subject, '')) @@ term.query
        UNION SELECT known.place, c.id FROM known JOIN conversations c ON c.customer_id = known.customer_id
        UNION SELECT term.place, m.conversation_id FROM term JOIN messages m
            ON to_tsvector('simple', left(m.content, 20000)) @@ term.query
        UNION SELECT term.place, m.conversation_id FROM term JOIN messages m ON m.content ILIKE term.inside
            WHERE term.inside <> ''
    ) hit
    GROUP BY conversation_id HAVING count(*) = cardinality($12::text[])
), page AS (
    SELECT c.*, stage, rank, key
    FROM conversations c
    LEFT JOIN LATERAL (
        SELECT status, priority, escalation_reason FROM tickets t
        WHERE t.conversation_id = c.id AND (c.status = 'open' OR $2::text IS NOT NULL OR $4::text IS NOT NULL)
        ORDER BY t.status IN ('resolved', 'closed'), t.created_at DESC LIMIT 1
    ) t ON true
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN c.status <> 'open' THEN c.status
            WHEN t.status = 'waiting_customer' THEN 'waiting_for_customer'
            WHEN c.owner = 'human' OR t.status = 'escalated' THEN 'waiting_for_person'
            ELSE 'waiting_for_us' END AS stage
    ) s
    LEFT JOIN answer_clocks a ON a.conversation_id = c.id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN $8 <> 'urgent' THEN 0 ELSE CASE stage
                WHEN 'waiting_for_person' THEN 4 - coalesce(array_position('{low,medium,high,urgent}', t.priority), 0)
                    - (coalesce(a.told, '') = 'breach')::int
                WHEN 'waiting_for_us' THEN 10 WHEN 'waiting_for_customer' THEN 20 ELSE 30 END END AS rank,
            CASE $8 WHEN 'urgent' THEN extract(epoch FROM coalesce(a.due_at, c.turn_since))
                WHEN 'newest' THEN - extract(epoch FROM c.last_message_at)
                ELSE extract(epoch FROM c.last_message_at) END AS key
    ) k
    WHERE c.status <> 'closed'
        AND ($1::text IS NULL OR c.owner = $1)
        AND ($2::text IS NULL OR t.status = $2)
        AND ($3::channel IS NULL OR c.channel = $3)
        AND ($4::text IS NULL OR t.escalation_reason = $4)
        AND ($16::text IS NULL OR c.tags @> ARRAY[$16])
        AND ($7 NOT IN ('waiting', 'unassigned') OR c.status = 'open')
        AND ($7 <> 'mine' OR c.owner_name = $6)
        AND CASE $7 WHEN 'waiting' THEN stage = 'waiting_for_person' AND c.snoozed_until IS NULL
            WHEN 'mine' THEN c.snoozed_until IS NULL
            WHEN 'unassigned' THEN stage = 'waiting_for_person' AND c.owner_name IS NULL AND c.snoozed_until IS NULL
            WHEN 'snoozed' THEN c.snoozed_until IS NOT NULL
            WHEN 'mentioned' THEN EXISTS (SELECT FROM mentions x
                WHERE x.conversation_id = c.id AND x.person = $6 AND x.seen_at IS NULL)
            ELSE true END
        AND CASE WHEN $7 = 'spam' THEN c.is_spam ELSE NOT c.is_spam OR $7 = 'all' AND $12::text[] IS NOT NULL END
        AND ($9::integer IS NULL OR (rank, key, c.id) > ($9, $10::text::numeric, $11::uuid))
        AND ($12::text[] IS NULL OR c.id IN (SELECT conversation_id FROM found))
    ORDER BY rank, key, c.id LIMIT $5
)
SELECT c.id, t.number AS ticket_number, coalesce(c.sender_name, u.name) AS customer_name, c.assurance, c.channel,
    coalesce(t.status, c.status) AS status, c.owner, c.owner_name, t.escalation_reason AS reason,
    t.priority, coalesce(nullif(t.subject, ''), c.subject) AS subject, c.last_message_at,
    coalesce(w.oldest_unanswered_at, CASE t.status WHEN 'escalated' THEN t.escalated_at END)
        AS oldest_unanswered_at,
    c.sentiment_trend AS sentiment, c.stage, c.turn_since, c.rank, c.key, c.tags, c.snoozed_until, c.is_spam,
    EXISTS (SELECT FROM mentions x WHERE x.conversation_id = c.id AND x.person = $6 AND x.seen_at IS NULL) AS is_mentioned,
    CASE c.stage WHEN 'waiting_for_person' THEN w.unread ELSE 0 END AS unread
FROM page c
JOIN customers u ON u.id = c.customer_id
LEFT JOIN LATERAL (
    SELECT * FROM tickets t WHERE t.conversation_id = c.id
    ORDER BY t.status IN ('resolved', 'closed'), t.created_at DESC LIMIT 1
) t ON true
LEFT JOIN LATERAL (
    SELECT min(m.created_at) FILTER (WHERE m.state IN ('waiting', 'drafted', 'with_human') OR (
            (m.state = 'dead' OR m.state = 'answered' AND n.outcome = 'escalated') AND c.status = 'open'
            AND NOT EXISTS (SELECT FROM messages s
                WHERE s.conversation_id = c.id AND s.role = 'staff' AND s.position > m.position))) AS oldest_unanswered_at,
        count(*) FILTER (WHERE m.state <> 'ignored' AND m.created_at > coalesce(c.seen_at, '-infinity')) AS unread
    FROM messages m LEFT JOIN turns n ON n.id = m.turn_id
    WHERE m.conversation_id = c.id AND m.role = 'customer'
) w ON true
ORDER BY c.rank, c.key, c.id

-- name: counts
-- One pass; see `queue` for what each view holds.
SELECT count(*) FILTER (WHERE is_for_person) AS waiting,
    count(*) FILTER (WHERE c.owner_name = $1 AND NOT is_spam AND snoozed_until IS NULL) AS mine,
    count(*) FILTER (WHERE is_for_person AND c.owner_name IS NULL) AS unassigned,
    count(*) FILTER (WHERE snoozed_until IS NOT NULL AND NOT is_spam) AS snoozed,
    (SELECT count(*) FROM mentions x JOIN conversations y ON y.id = x.conversation_id
        WHERE x.person = $1 AND x.seen_at IS NULL AND y.status <> 'closed' AND NOT y.is_spam) AS mentioned,
    count(*) FILTER (WHERE is_spam) AS spam, count(*) FILTER (WHERE NOT is_spam) AS all
FROM conversations c
CROSS JOIN LATERAL (
    SELECT c.status = 'open' AND NOT c.is_spam AND c.snoozed_until IS NULL AND CASE WHEN c.owner = 'human' THEN NOT EXISTS (
            SELECT FROM tickets t WHERE t.conversation_id = c.id AND t.status = 'waiting_customer')
        ELSE EXISTS (SELECT FROM tickets t WHERE t.conversation_id = c.id AND t.status = 'escalated') END AS is_for_person
) s
WHERE c.status <> 'closed'

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
