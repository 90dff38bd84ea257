-- Merges of two customers, and their undo.

-- name: move_identifiers
-- They keep their assurance.
UPDATE customer_identifiers SET customer_id = $2 WHERE customer_id = $1 RETURNING id

-- name: move_conversations
-- First of all tables: a committing turn has locked its conversation, so the move waits for it.
UPDATE conversations SET customer_id = $2 WHERE customer_id = $1 RETURNING id

-- name: move_messages
-- After the conversations, so that the messages of a turn that just committed are moved too.
UPDATE messages SET customer_id = $2 WHERE customer_id = $1 RETURNING id

-- name: move_tickets
-- After the conversations, for the same reason.
UPDATE tickets SET customer_id = $2 WHERE customer_id = $1 RETURNING id

-- name: mark_merged
-- The row stays, since records in Kafka may still refer to it.
UPDATE customers SET merged_into = $2 WHERE id = $1

-- name: take_over_name_and_opt_out
-- A missing name is filled in; an opt-out of either customer holds for both.
UPDATE customers kept SET
    name = CASE WHEN kept.name = '' THEN merged.name ELSE kept.name END,
    opted_out_at = coalesce(kept.opted_out_at, merged.opted_out_at)
FROM customers merged WHERE kept.id = $2 AND merged.id = $1

-- name: log
-- The ids of all moved rows, for an undo.
INSERT INTO customer_merges (kept_id, merged_id, cause, actor, moved) VALUES ($1, $2, $3, $4, $5) RETURNING id

-- name: of
-- Those that are not undone, for staff.
SELECT m.id, m.merged_id, c.name, m.actor, m.created_at FROM customer_merges m JOIN customers c ON c.id = m.merged_id
WHERE m.kept_id = (SELECT current_customer($1)) AND m.undone_at IS NULL ORDER BY m.created_at DESC, m.id

-- name: lock_merge
-- The second of two undos sees that the merge is undone.
SELECT m.id, m.kept_id, m.merged_id, m.moved, m.undone_at, k.erased_at IS NOT NULL AS is_erased
FROM customer_merges m JOIN customers k ON k.id = current_customer(m.kept_id)
WHERE m.id = $1 FOR UPDATE OF m

-- name: return_identifiers
-- Identifiers that another customer has proven meanwhile stay there.
UPDATE customer_identifiers SET customer_id = $2
WHERE id = ANY ($1::uuid[]) AND customer_id = (SELECT current_customer($3))

-- name: return_conversations
-- Conversations that another undo has returned stay there.
UPDATE conversations SET customer_id = $2
WHERE id = ANY ($1::uuid[]) AND customer_id = (SELECT current_customer($3))

-- name: return_messages
-- With all messages since the merge.
UPDATE messages m SET customer_id = c.customer_id FROM conversations c
WHERE c.id = m.conversation_id AND c.id = ANY ($1::uuid[]) AND m.customer_id <> c.customer_id

-- name: return_tickets
-- With all tickets since the merge.
UPDATE tickets t SET customer_id = c.customer_id FROM conversations c
WHERE c.id = t.conversation_id AND c.id = ANY ($1::uuid[]) AND t.customer_id <> c.customer_id

-- name: unmark_merged
-- A separate customer again.
UPDATE customers SET merged_into = NULL WHERE id = $1

-- name: mark_undone
-- The log row stays.
UPDATE customer_merges SET undone_at = now() WHERE id = $1
