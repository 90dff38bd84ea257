-- Tickets, at most one unresolved for each conversation.

-- name: open
-- By the customer's current id, since customers may have been merged since the turn began.
INSERT INTO tickets (id, number, customer_id, conversation_id, source_channel, subject, category, priority)
SELECT $1, $2, current_customer($3), $4, $5, $6, $7, $8
ON CONFLICT DO NOTHING RETURNING *

-- name: unresolved
-- For a second turn, whose conversation already has a ticket.
SELECT * FROM tickets WHERE conversation_id = $1 AND status NOT IN ('resolved', 'closed')

-- name: by_id
-- The same turn opened it before, and it was resolved since.
SELECT * FROM tickets WHERE id = $1 AND conversation_id = $2

-- name: current
-- Unresolved ones first, then the newest.
SELECT * FROM tickets WHERE conversation_id = $1
ORDER BY status IN ('resolved', 'closed'), created_at DESC LIMIT 1

-- name: by_number
-- Numbers are read aloud and typed by hand.
SELECT * FROM tickets WHERE number = upper($1)

-- name: escalate
-- One statement, so that no ticket is escalated without a reason. A ticket that already waits for a person keeps its
-- reason, summary and time, and the new text becomes a further line; danger replaces the reason; the priority only rises.
UPDATE tickets SET status = 'escalated', resolved_at = NULL,
    reopened = reopened + (status IN ('resolved', 'closed'))::int,
    escalation_reason = CASE WHEN status = 'escalated' AND $2 <> 'danger' THEN escalation_reason ELSE $2 END,
    escalation_topic = CASE WHEN status = 'escalated' AND $2 <> 'danger' THEN escalation_topic ELSE $5 END,
    escalation_summary = CASE
        WHEN status <> 'escalated' THEN $3
        WHEN $3 = '' THEN escalation_summary
        ELSE concat_ws(E'\n', escalation_summary, $3) END,
    escalated_at = CASE WHEN status = 'escalated' THEN escalated_at ELSE now() END,
    priority = CASE WHEN array_position('{low,medium,high,urgent}', $4)
        > array_position('{low,medium,high,urgent}', priority) THEN $4 ELSE priority END
WHERE id = $1
RETURNING *

-- name: set_status
-- resolved_at follows the status; a ticket that is open again is counted as reopened.
UPDATE tickets SET status = $2,
    resolved_at = CASE WHEN $2 IN ('resolved', 'closed') THEN coalesce(resolved_at, now()) END,
    reopened = reopened + (status IN ('resolved', 'closed') AND $2 NOT IN ('resolved', 'closed'))::int
WHERE id = $1 RETURNING *

-- name: raise_priority
-- Never lowers it: a calm second message does not undo an angry first one.
UPDATE tickets SET priority = $2
WHERE id = $1 AND array_position('{low,medium,high,urgent}', $2)
    > array_position('{low,medium,high,urgent}', priority)

-- name: set_priority
-- By a person, who may lower it.
UPDATE tickets SET priority = $2 WHERE id = $1

-- name: resolve
-- By a person, with a note on the solution that the learning pipeline reads.
UPDATE tickets SET status = 'resolved', resolution_note = $2, resolved_by = $3, resolved_at = now() WHERE id = $1

-- name: add_feedback
-- Every vote is stored, since people change their minds. No row once the customer is erased.
INSERT INTO feedback (ticket_id, helpful, comment)
SELECT id, $2, $3 FROM tickets WHERE id = $1 AND lock_unless_erased(conversation_id)
