-- Turns: what was tried for a conversation, and how each attempt ended.

-- name: supersede
-- A crashed or overtaken turn must not look as if it were still at work.
UPDATE turns SET state = 'superseded', finished_at = now() WHERE conversation_id = $1 AND state = 'running'

-- name: start
-- Unique by conversation and fence: two replicas can't hold the same turn.
INSERT INTO turns (conversation_id, fence, trace_id) VALUES ($1, $2, $3) RETURNING id

-- name: finish
-- In the same transaction as the reply.
UPDATE turns SET state = 'committed', outcome = $2, reason = $3, model = $4, tried = $5, finished_at = now()
WHERE id = $1

-- name: searches_failed
-- A turn that did not search has not failed to find.
SELECT count(*) FROM turns t JOIN conversations c ON c.id = t.conversation_id
WHERE c.id = $1 AND t.state = 'committed' AND t.tried @> '{"found_answer": false}'
    AND t.started_at > coalesce(c.resolved_at, '-infinity')

-- name: clarifications
-- Since the last resolution: an old question does not use up the new one's.
SELECT count(*) FROM turns t JOIN conversations c ON c.id = t.conversation_id
WHERE c.id = $1 AND t.state = 'committed' AND t.outcome = 'asked_back'
    AND t.started_at > coalesce(c.resolved_at, '-infinity')

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
