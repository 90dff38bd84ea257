-- All that is kept of a person: shown as a whole, or removed for good.

-- name: family
-- The customer and everyone that was ever merged into it.
WITH RECURSIVE family AS (
    SELECT id FROM customers WHERE id = $1
    UNION
    SELECT c.id FROM customers c JOIN family f ON c.merged_into = f.id
)
SELECT id FROM family

-- name: export
-- One document, made by PostgreSQL so that all of it is of one moment.
SELECT jsonb_build_object(
    'customers', (SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.created_at), '[]')
        FROM customers c WHERE c.id = ANY ($1::uuid[])),
    'identifiers', (SELECT coalesce(jsonb_agg(to_jsonb(i) ORDER BY i.created_at), '[]')
        FROM customer_identifiers i WHERE i.customer_id = ANY ($1::uuid[])),
    'merges', (SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.created_at), '[]')
        FROM customer_merges m WHERE m.kept_id = ANY ($1::uuid[]) OR m.merged_id = ANY ($1::uuid[])),
    'conversations', (SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.created_at), '[]')
        FROM conversations c WHERE c.customer_id = ANY ($1::uuid[])),
    'messages', (SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.position), '[]')
        FROM messages m WHERE m.customer_id = ANY ($1::uuid[])),
    'raw_messages', (SELECT coalesce(jsonb_agg(to_jsonb(r) - 'content'
            || jsonb_build_object('content_base64', encode(r.content, 'base64')) ORDER BY m.position), '[]')
        FROM raw_messages r JOIN messages m ON m.id = r.message_id WHERE m.customer_id = ANY ($1::uuid[])),
    'deliveries', (SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.created_at), '[]')
        FROM deliveries d JOIN messages m ON m.id = d.message_id WHERE m.customer_id = ANY ($1::uuid[])),
    'tickets', (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY t.created_at), '[]')
        FROM tickets t WHERE t.customer_id = ANY ($1::uuid[])),
    'feedback', (SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.created_at), '[]')
        FROM feedback f JOIN tickets t ON t.id = f.ticket_id WHERE t.customer_id = ANY ($1::uuid[])),
    'learned_from', (SELECT coalesce(jsonb_agg(to_jsonb(e) ORDER BY e.created_at), '[]')
        FROM candidate_evidence e JOIN tickets t ON t.id = e.ticket_id WHERE t.customer_id = ANY ($1::uuid[])),
    'regression_questions', (SELECT coalesce(jsonb_agg(to_jsonb(q) ORDER BY q.created_at), '[]')
        FROM regression_questions q JOIN tickets t ON t.id = q.ticket_id WHERE t.customer_id = ANY ($1::uuid[])),
    'turns', (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY t.started_at), '[]')
        FROM turns t JOIN conversations c ON c.id = t.conversation_id WHERE c.customer_id = ANY ($1::uuid[])),
    'metrics', (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.created_at), '[]')
        FROM agent_metrics a JOIN conversations c ON c.id = a.conversation_id WHERE c.customer_id = ANY ($1::uuid[])),
    'queued', (SELECT coalesce(jsonb_agg(to_jsonb(o) ORDER BY o.id), '[]')
        FROM outbox o WHERE o.key = ANY ($1::uuid[]) OR o.value ->> 'customer_id' = ANY ($1::uuid[]::text[])),
    'dead_letters', (SELECT coalesce(jsonb_agg(to_jsonb(d) - 'value'
            || jsonb_build_object('value_base64', encode(d.value, 'base64')) ORDER BY d.created_at), '[]')
        FROM dead_letters d LEFT JOIN messages m ON m.id = d.message_id
        WHERE m.customer_id = ANY ($1::uuid[]) OR d.key = ANY ($1::uuid[]::text[]))
)

-- name: erase_conversations
-- A turn that is about to commit is waited for; one that is still thinking loses its fence.
UPDATE conversations SET fence = fence + 1, subject = NULL, provider_thread_id = NULL,
    status = 'closed', owner = 'agent', owner_name = NULL
WHERE customer_id = ANY ($1::uuid[])

-- name: erase_dead_letters
-- Before the messages are touched and by the record's key as well: what could not be parsed has no message.
UPDATE dead_letters SET value = '', cause = 'erased', key = NULL,
    state = CASE state WHEN 'open' THEN 'discarded' ELSE state END,
    settled_by = coalesce(settled_by, 'erasure'), settled_at = coalesce(settled_at, now())
WHERE key = ANY ($1::uuid[]::text[])
    OR message_id IN (SELECT id FROM messages WHERE customer_id = ANY ($1::uuid[]))

-- name: erase_outbox
-- Nothing is left to be said to or about this person.
DELETE FROM outbox WHERE key = ANY ($1::uuid[]) OR value ->> 'customer_id' = ANY ($1::uuid[]::text[])

-- name: erase_deliveries
-- A provider's id leads to the text at the provider.
UPDATE deliveries d SET provider_message_id = NULL FROM messages m
WHERE m.id = d.message_id AND m.customer_id = ANY ($1::uuid[])

-- name: erase_raw_messages
-- Every header of a mail names its writer.
DELETE FROM raw_messages r USING messages m WHERE m.id = r.message_id AND m.customer_id = ANY ($1::uuid[])

-- name: erase_messages
-- The provider's id stays as a hash: a webhook that is repeated later must not bring the text back.
UPDATE messages SET content = '', raw_content = NULL, details = '{}', attachments = '[]',
    message_id_header = NULL, reference_headers = '{}', sender_id = NULL,
    provider_message_id = CASE WHEN provider_message_id LIKE 'sha256:%' THEN provider_message_id
        ELSE 'sha256:' || encode(sha256(convert_to(provider_message_id, 'UTF8')), 'hex') END,
    state = CASE WHEN state IN ('waiting', 'with_human') THEN 'ignored'
        WHEN state = 'undelivered' THEN 'settled' ELSE state END
WHERE customer_id = ANY ($1::uuid[])

-- name: erase_turns
-- Searches repeat the customer's words; outcome and times stay for the counts.
UPDATE turns t SET tried = '{}',
    state = CASE t.state WHEN 'running' THEN 'superseded' ELSE t.state END
FROM conversations c WHERE c.id = t.conversation_id AND c.customer_id = ANY ($1::uuid[])

-- name: erase_feedback
-- Whether it helped stays, what was said about it does not.
UPDATE feedback f SET comment = NULL FROM tickets t
WHERE t.id = f.ticket_id AND t.customer_id = ANY ($1::uuid[])

-- name: erase_candidates
-- What nobody has approved and nobody else's ticket says either; what was approved holds no personal data.
DELETE FROM knowledge_candidates c
WHERE c.state <> 'approved' AND ARRAY(
    SELECT DISTINCT t.customer_id = ANY ($1::uuid[]) FROM candidate_evidence e JOIN tickets t ON t.id = e.ticket_id
    WHERE e.candidate_id = c.id) = '{true}'

-- name: erase_evidence
-- That there was a ticket stays, what was asked in it does not.
UPDATE candidate_evidence e SET question = '' FROM tickets t
WHERE t.id = e.ticket_id AND t.customer_id = ANY ($1::uuid[])

-- name: erase_questions
-- The customer's words, even without a name.
DELETE FROM regression_questions q USING tickets t
WHERE t.id = q.ticket_id AND t.customer_id = ANY ($1::uuid[])

-- name: erase_tickets
-- Number, category and times stay for the counts; nobody works on it any more.
UPDATE tickets SET subject = '', escalation_summary = NULL, resolution_note = NULL,
    status = CASE WHEN status = 'resolved' THEN status ELSE 'closed' END
WHERE customer_id = ANY ($1::uuid[])

-- name: erase_identifiers
-- The next message from there is a new customer's.
DELETE FROM customer_identifiers WHERE customer_id = ANY ($1::uuid[])

-- name: erase_customers
-- The rows stay: counts and foreign keys hang on them.
UPDATE customers SET name = '', erased_at = coalesce(erased_at, now()) WHERE id = ANY ($1::uuid[])
