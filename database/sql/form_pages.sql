-- What form customers have seen of their answers.

-- name: note_seen
-- With a time if the page polls; an open stream shows each message at once. Many pages of one ticket don't wait for one
-- another's lock: what was noted two seconds ago is noted again only if there is a newer message.
INSERT INTO form_pages (conversation_id, seen_at, watched_until)
SELECT $1, now(), now() + $2::interval
WHERE NOT EXISTS (
    SELECT FROM form_pages p
    WHERE p.conversation_id = $1 AND p.seen_at > now() - interval '2 seconds'
        AND p.watched_until BETWEEN now() + $2::interval - interval '2 seconds' AND now() + $2::interval
        AND NOT EXISTS (SELECT FROM messages m
            WHERE m.conversation_id = $1 AND m.role <> 'customer' AND m.created_at > p.seen_at)
)
ON CONFLICT (conversation_id) DO UPDATE SET seen_at = now(), watched_until = excluded.watched_until

-- name: unseen
-- Delivered answers of the last day that are older than $1 and that nobody has seen or been told of. A person who has
-- answered an unproven sender has decided so; a proven one needs no page.
SELECT DISTINCT m.conversation_id FROM messages m
JOIN conversations c ON c.id = m.conversation_id
LEFT JOIN form_pages p ON p.conversation_id = m.conversation_id
WHERE m.channel = 'web_form' AND m.role <> 'customer' AND c.status <> 'closed'
    AND m.created_at BETWEEN now() - interval '1 day' AND now() - $1::interval
    AND m.created_at > coalesce(p.seen_at, '-infinity') AND coalesce(p.watched_until, '-infinity') < now()
    AND m.position > coalesce(p.told_position, 0)
    AND EXISTS (SELECT FROM deliveries d WHERE d.message_id = m.id AND d.state = 'delivered')
LIMIT $2

-- name: take_told
-- Under the conversation's lock: of two relays only the first tells. The same conditions as in `unseen`.
INSERT INTO form_pages AS p (conversation_id, told_position)
SELECT m.conversation_id, max(m.position) FROM messages m LEFT JOIN form_pages p ON p.conversation_id = m.conversation_id
WHERE m.conversation_id = $1 AND m.role <> 'customer' AND m.created_at > coalesce(p.seen_at, '-infinity')
    AND coalesce(p.watched_until, '-infinity') < now() AND m.position > coalesce(p.told_position, 0)
    AND EXISTS (SELECT FROM deliveries d WHERE d.message_id = m.id AND d.state = 'delivered')
GROUP BY m.conversation_id
ON CONFLICT (conversation_id) DO UPDATE SET told_position = excluded.told_position
WHERE excluded.told_position > p.told_position
RETURNING told_position

-- name: open_mail
-- A conversation that holds only our notice: closed, so a reply to it opens one of its own.
INSERT INTO conversations (customer_id, channel, assurance, subject, status, language)
VALUES ($1, 'email', 'claimed', $2, 'closed', $3) RETURNING id

-- name: mails_today
-- Of whoever typed the address, in all forms together.
SELECT count(*) FROM conversations c JOIN messages m ON m.conversation_id = c.id
WHERE c.customer_id = $1 AND c.channel = 'email' AND c.status = 'closed' AND m.role = 'agent'
    AND m.created_at > now() - interval '1 day'
