-- Export and erasure of all personal data of a customer.

-- name: family
-- The customer and all customers merged into it.
WITH RECURSIVE family AS (
    SELECT id FROM customers WHERE id = $1
    UNION
    SELECT c.id FROM customers c JOIN family f ON c.merged_into = f.id
)
SELECT id FROM family

-- name: claimants
-- Customers who are known by nothing but a claim to an address that the family has proven, with those merged into them.
WITH RECURSIVE claimants AS (
    SELECT claim.customer_id AS id FROM customer_identifiers proven
    JOIN customer_identifiers claim ON claim.kind = proven.kind AND claim.value = proven.value AND claim.assurance = 'claimed'
    WHERE proven.customer_id = ANY ($1::uuid[]) AND proven.assurance > 'claimed' AND NOT EXISTS (
        SELECT FROM customer_identifiers p WHERE p.customer_id = claim.customer_id AND p.assurance > 'claimed')
    UNION
    SELECT c.id FROM customers c JOIN claimants f ON c.merged_into = f.id
)
SELECT id FROM claimants

-- name: export
-- One statement, so that the document is a consistent snapshot.
SELECT jsonb_build_object(
    'customers', (SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.created_at), '[]')
        FROM customers c WHERE c.id = ANY ($1::uuid[])),
    'identifiers', (SELECT coalesce(jsonb_agg(to_jsonb(i) ORDER BY i.created_at), '[]')
        FROM customer_identifiers i WHERE i.customer_id = ANY ($1::uuid[])),
    'merges', (SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.created_at), '[]')
        FROM customer_merges m WHERE m.kept_id = ANY ($1::uuid[]) OR m.merged_id = ANY ($1::uuid[])),
    'conversations', (SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.created_at), '[]')
        FROM conversations c WHERE c.customer_id = ANY ($1::uuid[])),
    'notes', (SELECT coalesce(jsonb_agg(to_jsonb(n) ORDER BY n.created_at), '[]')
        FROM conversation_notes n JOIN conversations c ON c.id = n.conversation_id WHERE c.customer_id = ANY ($1::uuid[])),
    'blocked', (SELECT coalesce(jsonb_agg(DISTINCT to_jsonb(b)), '[]')
        FROM blocked_senders b JOIN customer_identifiers i ON b.kind = i.kind AND b.value = i.value
        WHERE i.customer_id = ANY ($1::uuid[])),
    'notifications', (SELECT coalesce(jsonb_agg(to_jsonb(e) || jsonb_build_object('sent', (
            SELECT coalesce(jsonb_agg(to_jsonb(n) ORDER BY n.created_at), '[]')
            FROM notifications n WHERE n.event_id = e.id)) ORDER BY e.created_at), '[]')
        FROM notification_events e JOIN conversations c ON c.id = e.conversation_id
        WHERE c.customer_id = ANY ($1::uuid[])),
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
    'articles_drafted_for', (SELECT coalesce(jsonb_agg(to_jsonb(e) ORDER BY e.created_at), '[]')
        FROM article_evidence e JOIN conversations c ON c.id = e.conversation_id WHERE c.customer_id = ANY ($1::uuid[])),
    'regression_questions', (SELECT coalesce(jsonb_agg(to_jsonb(q) ORDER BY q.created_at), '[]')
        FROM regression_questions q JOIN tickets t ON t.id = q.ticket_id WHERE t.customer_id = ANY ($1::uuid[])),
    'turns', (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY t.started_at), '[]')
        FROM turns t JOIN conversations c ON c.id = t.conversation_id WHERE c.customer_id = ANY ($1::uuid[])),
    'drafts', (SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.created_at), '[]')
        FROM drafts d JOIN conversations c ON c.id = d.conversation_id WHERE c.customer_id = ANY ($1::uuid[])),
    'metrics', (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.created_at), '[]')
        FROM agent_metrics a JOIN conversations c ON c.id = a.conversation_id WHERE c.customer_id = ANY ($1::uuid[])),
    'queued', (SELECT coalesce(jsonb_agg(to_jsonb(o) ORDER BY o.id), '[]')
        FROM outbox o WHERE o.key = ANY ($1::uuid[]) OR o.value ->> 'customer_id' = ANY ($1::uuid[]::text[])),
    'dead_letters', (SELECT coalesce(jsonb_agg(to_jsonb(d) - 'value'
            || jsonb_build_object('value_base64', encode(d.value, 'base64')) ORDER BY d.created_at), '[]')
        FROM dead_letters d LEFT JOIN messages m ON m.id = d.message_id
        WHERE m.customer_id = ANY ($1::uuid[]) OR d.key = ANY ($1::uuid[]::text[]))
)

-- name: lock_family
-- Whoever writes under a customer's key waits, and then finds them erased.
SELECT FROM customers WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE

-- name: lock_conversations
-- Waits for whoever is at work in one of them, such as a committing turn. Later statements see what they wrote.
SELECT FROM conversations WHERE customer_id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE

-- name: lock_messages
-- In the order in which readers lock those that they begin.
SELECT FROM messages WHERE customer_id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE

-- name: erase_conversations
-- A running turn loses its fence, and nobody locks them for work any more.
UPDATE conversations SET erased_at = coalesce(erased_at, now()), fence = fence + 1, subject = NULL, provider_thread_id = NULL, sender_name = NULL,
    status = 'closed', owner = 'agent', owner_name = NULL, last_owner_name = NULL, tags = '{}', snoozed_until = NULL
WHERE customer_id = ANY ($1::uuid[])

-- name: erase_notes
-- Staff write about the customer.
DELETE FROM conversation_notes n USING conversations c WHERE c.id = n.conversation_id AND c.customer_id = ANY ($1::uuid[])

-- name: erase_mentions
-- Of notes that are gone.
DELETE FROM mentions e USING conversations c WHERE c.id = e.conversation_id AND c.customer_id = ANY ($1::uuid[])

-- name: erase_notifications
-- What staff and other systems would still be told of; a receiver keeps what it was told.
DELETE FROM notification_events e USING conversations c
WHERE c.id = e.conversation_id AND c.customer_id = ANY ($1::uuid[])

-- name: erase_clocks
-- Nobody is waited for any more.
DELETE FROM answer_clocks a USING conversations c
WHERE c.id = a.conversation_id AND c.customer_id = ANY ($1::uuid[])

-- name: erase_dead_letters
-- Before the messages, and also by the record's key, since an unparsable record has no message.
UPDATE dead_letters SET value = '', cause = 'erased', key = NULL,
    state = CASE state WHEN 'open' THEN 'discarded' ELSE state END,
    settled_by = coalesce(settled_by, 'erasure'), settled_at = coalesce(settled_at, now())
WHERE key = ANY ($1::uuid[]::text[])
    OR message_id IN (SELECT id FROM messages WHERE customer_id = ANY ($1::uuid[]))

-- name: erase_outbox
-- Records to or about the customer, and copies of unreadable ones under their key.
DELETE FROM outbox WHERE key = ANY ($1::uuid[]) OR value ->> 'customer_id' = ANY ($1::uuid[]::text[])
    OR value ->> 'source_key' = ANY ($1::uuid[]::text[])

-- name: erase_failed_items
-- Before the messages. By our ids, or by the provider's id of a mail.
DELETE FROM failed_items WHERE item IN (
    SELECT id::text FROM messages WHERE customer_id = ANY ($1::uuid[])
    UNION ALL SELECT provider_message_id FROM messages WHERE customer_id = ANY ($1::uuid[])
    UNION ALL SELECT id::text FROM tickets WHERE customer_id = ANY ($1::uuid[]))

-- name: erase_deliveries
-- A provider's id leads to the text that the provider keeps.
UPDATE deliveries d SET provider_message_id = NULL, error_text = NULL FROM messages m
WHERE m.id = d.message_id AND m.customer_id = ANY ($1::uuid[])

-- name: erase_raw_messages
-- A mail's headers name its author.
DELETE FROM raw_messages r USING messages m WHERE m.id = r.message_id AND m.customer_id = ANY ($1::uuid[])

-- name: erase_messages
-- The provider's id stays as a hash, so that a repeated webhook does not store the text again. Whoever works on a
-- message keeps its mark until that work has ended.
UPDATE messages SET content = '', raw_content = NULL, details = '{}', attachments = '[]',
    message_id_header = NULL, reference_headers = '{}', sender_id = NULL,
    provider_message_id = CASE WHEN provider_message_id LIKE 'sha256:%' THEN provider_message_id
        ELSE 'sha256:' || encode(sha256(convert_to(provider_message_id, 'UTF8')), 'hex') END,
    state = CASE WHEN state IN ('waiting', 'drafted', 'with_human') THEN 'ignored'
        WHEN state = 'undelivered' THEN 'settled' ELSE state END,
    reader = CASE WHEN state IN ('waiting', 'undelivered') THEN reader END, retry_at = NULL
WHERE customer_id = ANY ($1::uuid[])

-- name: erase_turns
-- Searches repeat the customer's words; outcome and times stay for statistics.
UPDATE turns t SET tried = '{}',
    state = CASE t.state WHEN 'running' THEN 'superseded' ELSE t.state END
FROM conversations c WHERE c.id = t.conversation_id AND c.customer_id = ANY ($1::uuid[])

-- name: erase_drafts
-- What became of them stays for statistics.
UPDATE drafts d SET content = '', sources = '[]',
    stale_because = CASE d.state WHEN 'waiting' THEN 'erased' ELSE d.stale_because END,
    state = CASE d.state WHEN 'waiting' THEN 'stale' ELSE d.state END
FROM conversations c WHERE c.id = d.conversation_id AND c.customer_id = ANY ($1::uuid[])

-- name: erase_feedback
-- The vote stays; the comment is erased.
UPDATE feedback f SET comment = NULL FROM tickets t
WHERE t.id = f.ticket_id AND t.customer_id = ANY ($1::uuid[])

-- name: erase_candidates
-- Unapproved candidates without another customer's evidence; approved ones hold no personal data.
DELETE FROM knowledge_candidates c
WHERE c.state <> 'approved' AND ARRAY(
    SELECT DISTINCT t.customer_id = ANY ($1::uuid[]) FROM candidate_evidence e JOIN tickets t ON t.id = e.ticket_id
    WHERE e.candidate_id = c.id) = '{true}'

-- name: erase_evidence
-- The ticket still counts; its question is erased.
UPDATE candidate_evidence e SET question = '' FROM tickets t
WHERE t.id = e.ticket_id AND t.customer_id = ANY ($1::uuid[])

-- name: erase_article_evidence
-- The conversation still counts; its question is erased.
UPDATE article_evidence e SET question = '' FROM conversations c
WHERE c.id = e.conversation_id AND c.customer_id = ANY ($1::uuid[])

-- name: erase_questions
-- They are the customer's words, even without a name.
DELETE FROM regression_questions q USING tickets t
WHERE t.id = q.ticket_id AND t.customer_id = ANY ($1::uuid[])

-- name: erase_tickets
-- Number, category and times stay for statistics; the ticket is closed.
UPDATE tickets SET subject = '', escalation_summary = NULL, resolution_note = NULL,
    status = CASE WHEN status = 'resolved' THEN status ELSE 'closed' END
WHERE customer_id = ANY ($1::uuid[])

-- name: erase_notices
-- Before the identifiers, by which they are found.
DELETE FROM unproven_notices n USING customer_identifiers i
WHERE i.customer_id = ANY ($1::uuid[]) AND n.kind = i.kind AND n.value = regexp_replace(i.value, '\+[^@]*@', '@')

-- name: erase_blocks
-- Before the identifiers, by which they are found.
DELETE FROM blocked_senders b USING customer_identifiers i
WHERE i.customer_id = ANY ($1::uuid[]) AND b.kind = i.kind AND b.value = i.value

-- name: erase_identifiers
-- The next message from the same address makes a new customer.
DELETE FROM customer_identifiers WHERE customer_id = ANY ($1::uuid[])

-- name: erase_customers
-- The rows stay for statistics and foreign keys.
UPDATE customers SET name = '', erased_at = coalesce(erased_at, now()) WHERE id = ANY ($1::uuid[])

-- name: under_way
-- What was being worked on when the customer was erased, by readers seen within $2, and the sends on which a provider may
-- still act.
SELECT CASE m.role WHEN 'customer' THEN 'turn' ELSE 'reply' END AS kind, m.channel, sending.until
FROM messages m
LEFT JOIN readers r ON r.id = m.reader AND r.seen_at > now() - $2::interval
LEFT JOIN LATERAL (
    SELECT max(d.may_act_until) AS until FROM deliveries d
    WHERE d.message_id = m.id AND d.state = 'sending' AND d.may_act_until > clock_timestamp()
) sending ON true
WHERE m.customer_id = ANY ($1::uuid[]) AND (r.id IS NOT NULL OR sending.until IS NOT NULL)
ORDER BY m.position
