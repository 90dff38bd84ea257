-- Messages that told their customers that an AI writes.

-- name: is_made
-- A message whose delivery ended without being sent told nobody.
SELECT EXISTS (
    SELECT FROM disclosures d WHERE d.conversation_id = $1 AND d.channel = $2
        AND coalesce((SELECT x.state FROM deliveries x WHERE x.message_id = d.message_id
            ORDER BY x.part, x.attempt DESC LIMIT 1), 'queued') NOT IN ('suppressed', 'parked', 'failed')
)

-- name: is_made_by
-- A replayed turn says what it said.
SELECT EXISTS (SELECT FROM disclosures WHERE message_id = $1)

-- name: add
-- In the message's transaction.
INSERT INTO disclosures (message_id, conversation_id, channel) VALUES ($1, $2, $3)
