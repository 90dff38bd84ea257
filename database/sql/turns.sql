-- Turns: what was tried for a conversation, and how each attempt ended.

-- name: start
-- Unique by conversation and fence: two replicas can't hold the same turn. A crashed or overtaken one must
-- not look as if it were still at work.
WITH fenced AS (
    UPDATE conversations SET fence = fence + 1 WHERE id = $1 RETURNING id, fence
), superseded AS (
    UPDATE turns SET state = 'superseded', finished_at = now() WHERE conversation_id = $1 AND state = 'running'
)
INSERT INTO turns (conversation_id, fence, trace_id) SELECT id, fence, $2 FROM fenced RETURNING id, fence

-- name: finish
-- In the same transaction as the reply.
UPDATE turns SET state = 'committed', outcome = $2, reason = $3, model = $4, tried = $5, finished_at = now()
WHERE id = $1

-- name: so_far
-- A turn that did not search has not failed to find. Since the last resolution: an old question does not use up
-- the new one's.
SELECT count(*) FILTER (WHERE t.tried @> '{"found_answer": false}') AS failed_searches,
    count(*) FILTER (WHERE t.outcome = 'asked_back') AS clarifications
FROM turns t JOIN conversations c ON c.id = t.conversation_id
WHERE c.id = $1 AND t.state = 'committed' AND t.started_at > coalesce(c.resolved_at, '-infinity')

-- name: finished
-- The newest first, over all conversations.
SELECT * FROM turns WHERE state = 'committed' ORDER BY started_at DESC LIMIT $1

-- name: finished_in
-- In their order.
SELECT * FROM turns WHERE conversation_id = $1 AND state = 'committed' ORDER BY fence

-- name: tried
-- In the order of the turns.
SELECT outcome, reason, model, tried, started_at, finished_at FROM turns
WHERE conversation_id = $1 AND state = 'committed' ORDER BY fence
