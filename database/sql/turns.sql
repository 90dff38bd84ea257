-- Turns: what each tried and how it ended.

-- name: start
-- Unique by conversation and fence, so two replicas can't run the same turn. A crashed or overtaken turn must not
-- look as if it still ran. A draft that waits for a person ends with it: this turn makes a new one.
WITH fenced AS (
    UPDATE conversations SET fence = fence + 1 WHERE id = $1 AND erased_at IS NULL RETURNING id, fence
), superseded AS (
    UPDATE turns SET state = 'superseded', finished_at = now() WHERE conversation_id = $1 AND state = 'running'
), outdated AS (
    UPDATE drafts d SET state = 'stale', stale_because = coalesce(s.because, 'newer_message'), decided_at = now()
    FROM draft_states s WHERE d.conversation_id = $1 AND d.state = 'waiting' AND s.id = d.id
)
INSERT INTO turns (conversation_id, fence, trace_id) SELECT id, fence, $2 FROM fenced RETURNING id, fence

-- name: finish
-- In the transaction of the reply, with the answered messages and, if one of them waited ($9), the row for metrics. Those
-- of a draft are answered once a person has sent it. A
-- message keeps its earlier score if it was not scored again. The conversation keeps the language ($16) for texts of
-- processes that only guess one.
WITH finished AS (
    UPDATE turns SET state = 'committed', outcome = $2, reason = $3, model = $4, tried = $5, finished_at = now()
    WHERE id = $1 RETURNING conversation_id
), understood AS (
    UPDATE conversations c SET sentiment_trend = coalesce($8::real, c.sentiment_trend), language = $16 FROM finished f
    WHERE c.id = f.conversation_id
), counted AS (
    INSERT INTO agent_metrics (turn_id, conversation_id, channel, outcome, reason, model, latency_ms, sentiment,
        searches, best_similarity, input_tokens, output_tokens, model_calls, cost_usd)
    SELECT $1, conversation_id, $10, $2, $3, $4, $9, $11, $12, $13, $14, $15, $17, $18 FROM finished
    WHERE $9::float8 IS NOT NULL
)
UPDATE messages m SET state = CASE WHEN $2 = 'drafted' THEN 'drafted' ELSE 'answered' END, turn_id = $1,
    sentiment = coalesce(($7::real[])[array_position($6::uuid[], m.id)], m.sentiment)
FROM finished f WHERE m.conversation_id = f.conversation_id AND m.id = ANY ($6::uuid[])

-- name: before
-- Failed searches count since the last resolution and clarifications since the last answer or hand-over, so that an
-- earlier question does not use up the new one's. Replies are counted over all channels, to stop two machines that write to each other; those to a sender who
-- only claims the address count apart. Of such a sender's turns no more than 1,000 are counted. Returns the
-- unresolved ticket, else the newest. See `history` in conversations.sql for what counts as history.
-- Each part starts from the customer or conversation, so that a plan made while the tables were small never scans all
-- of them.
SELECT u.id, u.name, u.opted_out_at IS NOT NULL AS is_opted_out, ticket, automatic_replies, failed_searches,
    clarifications, unproven_turns,
    (SELECT k FROM channel_configs k WHERE k.channel = c.channel) AS channel, version, document,
    array(SELECT m FROM messages m WHERE m.conversation_id = c.id AND m.role = 'customer' AND m.state IN ('waiting', 'drafted')
        ORDER BY m.position) AS waiting,
    EXISTS (
        SELECT FROM messages m WHERE m.customer_id = c.customer_id AND m.state NOT IN ('waiting', 'drafted')
            AND (c.assurance > 'claimed' OR m.conversation_id = c.id)) AS has_history
FROM conversations c
JOIN customers u ON u.id = (SELECT current_customer(c.customer_id))
LEFT JOIN LATERAL (
    SELECT t AS ticket FROM tickets t WHERE t.conversation_id = c.id
    ORDER BY t.status IN ('resolved', 'closed'), t.created_at DESC LIMIT 1
) current ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS automatic_replies
    FROM messages m JOIN conversations other ON other.id = m.conversation_id
    WHERE m.customer_id = u.id AND m.role = 'agent' AND m.created_at >= now() - interval '1 hour'
        AND (other.assurance > 'claimed') = (c.assurance > 'claimed')
) replies
CROSS JOIN LATERAL (
    SELECT count(*) AS unproven_turns FROM (
        SELECT FROM conversations other JOIN turns t ON t.conversation_id = other.id
        WHERE c.assurance = 'claimed' AND other.assurance = 'claimed' AND other.customer_id = u.id
            AND other.last_message_at > now() - interval '1 day'
            AND t.state = 'committed' AND t.started_at > now() - interval '1 day'
        LIMIT 1000
    ) counted
) today
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE t.tried @> '{"found_answer": false}') AS failed_searches,
        count(*) FILTER (WHERE t.outcome = 'asked_back' AND t.fence > coalesce((
            SELECT max(other.fence) FROM turns other WHERE other.conversation_id = c.id AND other.state = 'committed'
                AND other.outcome IN ('answered', 'escalated')), -1)) AS clarifications
    FROM turns t WHERE t.conversation_id = c.id AND t.state = 'committed'
        AND t.started_at > coalesce(c.resolved_at, '-infinity')
) tried
LEFT JOIN LATERAL (
    SELECT p.version, p.document::text AS document FROM company_profiles p ORDER BY p.version DESC LIMIT 1
) company ON true
WHERE c.id = $1

-- name: finished
-- Newest first, over all conversations; a turn that said nothing has no reply to compare. Tokens are those of the metrics.
SELECT t.*, m.input_tokens, m.output_tokens
FROM (SELECT * FROM turns WHERE state = 'committed' AND outcome <> 'silent'
    ORDER BY started_at DESC LIMIT $1 OFFSET $2) t
LEFT JOIN LATERAL (SELECT input_tokens, output_tokens FROM agent_metrics WHERE turn_id = t.id LIMIT 1) m ON true
ORDER BY t.started_at DESC

-- name: finished_in
-- Oldest first.
SELECT *, 0 AS input_tokens, 0 AS output_tokens FROM turns
WHERE conversation_id = $1 AND state = 'committed' ORDER BY fence

-- name: tried
-- Oldest first.
SELECT outcome, reason, model, tried, started_at, finished_at FROM turns
WHERE conversation_id = $1 AND state = 'committed' ORDER BY fence
