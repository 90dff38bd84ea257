-- What came of every turn, and the sums per channel.

-- name: record
-- One row a turn, in the transaction of its reply.
INSERT INTO agent_metrics (turn_id, conversation_id, channel, outcome, reason, latency_ms, sentiment, searches,
    best_similarity, model, input_tokens, output_tokens)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: by_channel
-- Messages and conversations: what customers wrote, also what was not for the agent. Escalations: conversations
-- handed over, each counted once; their rate is of the conversations in which the agent had a turn. Latency: of
-- turns that replied, from the acceptance of the oldest message to the commit of the reply.
SELECT ch.channel, coalesce(m.conversations, 0) AS conversations, coalesce(m.messages, 0) AS messages,
    m.avg_sentiment, coalesce(a.escalations, 0) AS escalations,
    coalesce(a.escalations::float8 / nullif(a.handled, 0), 0) AS escalation_rate,
    a.avg_latency_ms, a.p95_latency_ms
FROM unnest(enum_range(NULL::channel)) AS ch (channel)
LEFT JOIN (
    SELECT channel, count(DISTINCT conversation_id) AS conversations, count(*) AS messages,
        avg(sentiment)::float8 AS avg_sentiment
    FROM messages WHERE role = 'customer' AND created_at >= $1 GROUP BY channel
) m ON m.channel = ch.channel
LEFT JOIN (
    SELECT channel, count(DISTINCT conversation_id) AS handled,
        count(DISTINCT conversation_id) FILTER (WHERE outcome = 'escalated') AS escalations,
        avg(latency_ms) FILTER (WHERE outcome <> 'silent') AS avg_latency_ms,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) FILTER (WHERE outcome <> 'silent') AS p95_latency_ms
    FROM agent_metrics WHERE created_at >= $1 GROUP BY channel
) a ON a.channel = ch.channel
ORDER BY ch.channel
