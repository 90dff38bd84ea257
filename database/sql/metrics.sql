-- Sums of turns' results per channel, and the system's current backlog.

-- name: by_channel
-- A conversation counts on its own channel, in which a customer wrote or that was handed over in the time, whether or not
-- it has been answered: the denominator of the rate, on each channel and in total. Handed over: by any way, each
-- conversation once. Messages: of customers, including those not for the agent. Latency: of turns that replied, from the
-- acceptance of the oldest message to the commit of the reply.
WITH handed_over AS MATERIALIZED (
    SELECT c.id, c.channel, a.detail ->> 'reason' AS reason
    FROM audit_log a JOIN conversations c ON c.id = a.subject_id::uuid
    WHERE a.action = 'hand_over' AND a.created_at >= $1
), active AS (
    SELECT channel, count(*) AS conversations FROM (
        SELECT c.id, c.channel FROM conversations c
        WHERE c.id IN (SELECT conversation_id FROM messages WHERE role = 'customer' AND created_at >= $1)
        UNION SELECT id, channel FROM handed_over
    ) counted GROUP BY channel
)
SELECT ch.channel, coalesce(v.conversations, 0) AS conversations, coalesce(m.messages, 0) AS messages,
    m.avg_sentiment, coalesce(h.escalations, 0) AS escalations,
    coalesce(h.escalations::float8 / nullif(v.conversations, 0), 0) AS escalation_rate,
    a.avg_latency_ms, a.p95_latency_ms, coalesce(r.by_reason, '{}') AS escalations_by_reason
FROM unnest(enum_range(NULL::channel)) AS ch (channel)
LEFT JOIN active v ON v.channel = ch.channel
LEFT JOIN (
    SELECT channel, count(*) AS messages, avg(sentiment)::float8 AS avg_sentiment
    FROM messages WHERE role = 'customer' AND created_at >= $1 GROUP BY channel
) m ON m.channel = ch.channel
LEFT JOIN (
    SELECT channel, count(DISTINCT id) AS escalations FROM handed_over GROUP BY channel
) h ON h.channel = ch.channel
LEFT JOIN (
    SELECT channel, avg(latency_ms) FILTER (WHERE outcome <> 'silent') AS avg_latency_ms,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) FILTER (WHERE outcome <> 'silent') AS p95_latency_ms
    FROM agent_metrics WHERE created_at >= $1 GROUP BY channel
) a ON a.channel = ch.channel
LEFT JOIN (
    SELECT channel, jsonb_object_agg(reason, conversations) AS by_reason
    FROM (
        SELECT channel, reason, count(DISTINCT id) AS conversations FROM handed_over
        WHERE reason IS NOT NULL GROUP BY channel, reason
    ) counted GROUP BY channel
) r ON r.channel = ch.channel
ORDER BY ch.channel

-- name: hand_overs
-- By any way and process, from the log, for the counter of all.
SELECT c.channel, coalesce(a.detail ->> 'reason', '') AS reason, a.actor AS author, count(*) AS hand_overs
FROM audit_log a JOIN conversations c ON c.id = a.subject_id::uuid
WHERE a.action = 'hand_over' AND a.created_at >= $1
GROUP BY 1, 2, 3

-- name: negative
-- Messages below the sentiment where the agent hands over.
SELECT channel, count(*) AS messages FROM messages
WHERE role = 'customer' AND created_at >= $1 AND sentiment < $2 GROUP BY channel

-- name: channel_pulse
-- Waiting messages per channel, the oldest of them, and when a customer last wrote.
SELECT ch.channel, w.waiting, w.oldest_waiting_at, l.last_inbound_at
FROM unnest(enum_range(NULL::channel)) AS ch (channel)
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting, min(created_at) AS oldest_waiting_at FROM messages
    WHERE state = 'waiting' AND channel = ch.channel
) w
LEFT JOIN LATERAL (
    SELECT created_at AS last_inbound_at FROM messages WHERE role = 'customer' AND channel = ch.channel
    ORDER BY created_at DESC LIMIT 1
) l ON true
ORDER BY ch.channel

-- name: queues
-- Other backlogs, the mail watch that ends first, and the language model that was called last with its costs.
WITH called AS (
    SELECT model, failing_since, said FROM model_states ORDER BY greatest(succeeded_at, failed_at) DESC LIMIT 1
)
SELECT
    (SELECT count(*) FROM dead_letters WHERE state = 'open') AS dead_letters,
    (SELECT min(created_at) FROM dead_letters WHERE state = 'open') AS oldest_dead_letter_at,
    (SELECT count(*) FROM outbox WHERE published_at IS NULL AND put_aside_at IS NULL) AS unpublished,
    (SELECT min(created_at) FROM outbox WHERE published_at IS NULL AND put_aside_at IS NULL) AS oldest_unpublished_at,
    (SELECT min(created_at) FROM messages WHERE state = 'undelivered' AND coalesce(retry_at, now()) <= now())
        AS oldest_undelivered_at,
    (SELECT min(watch_expires_at) FROM gmail_mailboxes) AS watch_expires_at,
    (SELECT model FROM called) AS model,
    (SELECT failing_since FROM called) AS model_failing_since,
    coalesce((SELECT said FROM called), '') AS model_said,
    coalesce((SELECT usd FROM model_spending WHERE day = (now() AT TIME ZONE 'UTC')::date), 0)::float8 AS model_usd_today,
    (SELECT (document -> 'budget' ->> 'usd_per_day')::float8 FROM company_profiles ORDER BY version DESC LIMIT 1)
        AS model_usd_a_day
