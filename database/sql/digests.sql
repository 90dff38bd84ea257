-- A day's figures per channel and in total; these queries define the rules of counting.

-- name: messages
-- Customers' messages. Negative is below $3, where the agent hands over.
SELECT channel, count(*) AS messages, count(DISTINCT conversation_id) AS conversations, count(sentiment) AS scored,
    avg(sentiment)::float8 AS avg_sentiment, count(*) FILTER (WHERE sentiment < $3) AS negative
FROM messages WHERE role = 'customer' AND created_at >= $1 AND created_at < $2
GROUP BY GROUPING SETS ((channel), ())

-- name: tickets
-- Tickets opened in the time, in their current state. Confirmed: a person resolved it, or the newest feedback is a
-- thumbs-up. Assumed: the agent answered, it was never handed over, and the customer did not write again.
SELECT k.source_channel AS channel, count(*) AS tickets,
    count(*) FILTER (WHERE s.is_confirmed) AS resolved_confirmed,
    count(*) FILTER (WHERE NOT s.is_confirmed AND s.is_assumed) AS resolved_assumed
FROM tickets k
LEFT JOIN LATERAL (
    SELECT f.helpful FROM feedback f WHERE f.ticket_id = k.id ORDER BY f.created_at DESC LIMIT 1
) w ON true
LEFT JOIN LATERAL (
    SELECT t.outcome FROM turns t WHERE t.conversation_id = k.conversation_id AND t.state = 'committed'
    ORDER BY t.fence DESC LIMIT 1
) last ON true
CROSS JOIN LATERAL (
    SELECT (k.status IN ('resolved', 'closed') AND k.resolved_by IS NOT NULL)
            OR (w.helpful IS TRUE AND k.status NOT IN ('escalated', 'in_progress')) AS is_confirmed,
        k.status IN ('waiting_customer', 'resolved', 'closed') AND k.escalation_reason IS NULL
            AND last.outcome = 'answered' AND w.helpful IS NOT FALSE AND NOT EXISTS (
                SELECT FROM messages m WHERE m.conversation_id = k.conversation_id AND m.state = 'waiting') AS is_assumed
) s
WHERE k.created_at >= $1 AND k.created_at < $2
GROUP BY GROUPING SETS ((k.source_channel), ())

-- name: answers
-- From the acceptance of the oldest message of a turn to its reply.
SELECT channel, count(*) AS answers, avg(latency_ms)::float8 AS avg_latency_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms) AS p50_latency_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) AS p95_latency_ms
FROM agent_metrics WHERE outcome <> 'silent' AND created_at >= $1 AND created_at < $2
GROUP BY GROUPING SETS ((channel), ())

-- name: staff_answers
-- From the hand-over to a person's first reply.
SELECT k.source_channel AS channel, count(*) AS staff_answers,
    avg(extract(epoch FROM m.at - k.escalated_at))::float8 AS avg_staff_wait_s,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM m.at - k.escalated_at)::float8) AS p95_staff_wait_s
FROM (
    SELECT DISTINCT conversation_id FROM messages WHERE created_at >= $1 AND created_at < $2 AND role = 'staff'
) answered
JOIN tickets k ON k.conversation_id = answered.conversation_id
CROSS JOIN LATERAL (
    SELECT min(created_at) AS at FROM messages
    WHERE conversation_id = k.conversation_id AND role = 'staff' AND created_at >= k.escalated_at
) m
WHERE m.at >= $1 AND m.at < $2
GROUP BY GROUPING SETS ((k.source_channel), ())

-- name: escalations
-- Tickets handed over in the time, by their newest reason; the row without a reason is the sum.
SELECT source_channel AS channel, escalation_reason AS reason, count(*) AS escalations
FROM tickets WHERE escalated_at >= $1 AND escalated_at < $2 AND escalation_reason IS NOT NULL
GROUP BY GROUPING SETS ((source_channel, escalation_reason), (source_channel), (escalation_reason), ())

-- name: opened
-- Subject and first message, which tell the topic.
SELECT k.number, k.source_channel AS channel, concat_ws(E'\n', nullif(k.subject, ''), m.content) AS text,
    v.sentiment_trend AS sentiment,
    array_remove(ARRAY[c.name] || ARRAY(SELECT i.value FROM customer_identifiers i WHERE i.customer_id = c.id), '')
        AS private_words
FROM tickets k JOIN conversations v ON v.id = k.conversation_id JOIN customers c ON c.id = k.customer_id
LEFT JOIN LATERAL (
    SELECT content FROM messages WHERE conversation_id = k.conversation_id AND role = 'customer'
    ORDER BY position LIMIT 1
) m ON true
WHERE k.created_at >= $1 AND k.created_at < $2
ORDER BY k.created_at, k.id LIMIT $3

-- name: words
-- Without tickets that were erased since.
SELECT k.number, k.source_channel AS channel, concat_ws(E'\n', nullif(k.subject, ''), m.content) AS text,
    v.sentiment_trend AS sentiment,
    array_remove(ARRAY[c.name] || ARRAY(SELECT i.value FROM customer_identifiers i WHERE i.customer_id = c.id), '')
        AS private_words
FROM tickets k JOIN conversations v ON v.id = k.conversation_id JOIN customers c ON c.id = k.customer_id
LEFT JOIN LATERAL (
    SELECT content FROM messages WHERE conversation_id = k.conversation_id AND role = 'customer'
    ORDER BY position LIMIT 1
) m ON true
WHERE k.number = ANY ($1::text[])

-- name: stored
-- The digest of a day.
SELECT * FROM daily_digests WHERE day = $1

-- name: save
-- A finished day is stored once; a second digest changes nothing.
INSERT INTO daily_digests (day, body) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING

-- name: claim_mail
-- Before the mail is sent: a digest may be lost but is not sent twice.
UPDATE daily_digests SET mailed_at = now() WHERE day = $1 AND mailed_at IS NULL
