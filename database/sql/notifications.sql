-- Events that people are told of, and a notification for each route and step.

-- name: add_event
-- Nothing where what lasts was told of already: one that ended less than $5 ago goes on.
WITH revived AS (
    UPDATE notification_events SET ended_at = NULL WHERE id = (
        SELECT id FROM notification_events WHERE key = $4 AND ended_at > now() - $5::interval
        ORDER BY ended_at DESC LIMIT 1) RETURNING id
)
INSERT INTO notification_events (type, conversation_id, data, key)
SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT FROM revived)
ON CONFLICT (key) WHERE key IS NOT NULL AND ended_at IS NULL DO NOTHING
RETURNING id

-- name: add
-- A step that is there already stays as it is.
INSERT INTO notifications (event_id, route, step, type, due_at, repeat_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (event_id, route, step) DO NOTHING

-- name: lasting
-- The keys of what goes on, whether or not it was acknowledged.
SELECT key FROM notification_events WHERE key LIKE $1 || '%' AND ended_at IS NULL

-- name: end_lasting
-- What ended needs nobody any more.
WITH ended AS (
    UPDATE notification_events SET ended_at = now(), acknowledged_at = coalesce(acknowledged_at, now())
    WHERE key = ANY ($1::text[]) AND ended_at IS NULL RETURNING id
)
UPDATE notifications n SET repeat_at = NULL, state = CASE state WHEN 'due' THEN 'dropped' ELSE state END
FROM ended e WHERE n.event_id = e.id AND (n.state = 'due' OR n.repeat_at IS NOT NULL)

-- name: acknowledge
-- What asks for an act in a conversation ($3: its types). Notifications that wait are not sent any more.
WITH acknowledged AS (
    UPDATE notification_events SET acknowledged_at = now(), acknowledged_by = $2
    WHERE conversation_id = $1 AND acknowledged_at IS NULL AND type = ANY ($3::text[]) RETURNING id
)
UPDATE notifications n SET repeat_at = NULL, state = CASE state WHEN 'due' THEN 'dropped' ELSE state END
FROM acknowledged a WHERE n.event_id = a.id AND (n.state = 'due' OR n.repeat_at IS NOT NULL)

-- name: acknowledge_event
-- By any of its notifications; the first person to do so stays named.
WITH event AS (
    UPDATE notification_events e SET acknowledged_at = coalesce(acknowledged_at, now()),
        acknowledged_by = CASE WHEN acknowledged_at IS NULL THEN $2 ELSE acknowledged_by END
    WHERE id = (SELECT event_id FROM notifications WHERE id = $1) RETURNING id
), stopped AS (
    UPDATE notifications n SET repeat_at = NULL, state = CASE state WHEN 'due' THEN 'dropped' ELSE state END
    FROM event e WHERE n.event_id = e.id AND (n.state = 'due' OR n.repeat_at IS NOT NULL)
)
SELECT id FROM event

-- name: due
-- At most $1 of each route and step, so that one that is behind hides no other. $2: those that are being sent.
SELECT n.*, e.data, e.conversation_id, e.created_at AS occurred_at, e.acknowledged_at, e.acknowledged_by
FROM (
    SELECT *, row_number() OVER (PARTITION BY route, step ORDER BY due_at, id) AS place
    FROM notifications WHERE state = 'due' AND due_at <= now() AND id <> ALL ($2::uuid[])
) n JOIN notification_events e ON e.id = n.event_id
WHERE n.place <= $1 ORDER BY n.due_at, n.id

-- name: begin
-- False once somebody has acted, or another attempt has begun. The mark is durable before anything is sent.
UPDATE notifications SET state = 'sending', attempts = attempts + 1
WHERE id = $1 AND state = 'due'

-- name: orphans
-- Those that nobody sends any more: only the leader does, and it sends the ones in $1.
SELECT n.*, e.data, e.conversation_id, e.created_at AS occurred_at, e.acknowledged_at, e.acknowledged_by
FROM notifications n JOIN notification_events e ON e.id = n.event_id
WHERE n.state = 'sending' AND n.id <> ALL ($1::uuid[]) ORDER BY n.due_at, n.id LIMIT $2

-- name: settle
-- With the state of an attempt, and when the next one is due ($4) where there is one.
UPDATE notifications SET state = $2, last_error = $3, due_at = coalesce(now() + $4::interval, due_at),
    sent_at = CASE $2 WHEN 'sent' THEN now() ELSE sent_at END
WHERE id = $1 AND state IN ('due', 'sending')

-- name: to_follow
-- Nobody has acted in time. Locked, so that two leaders add one follower.
SELECT n.*, e.data, e.conversation_id, e.created_at AS occurred_at, e.acknowledged_at, e.acknowledged_by
FROM notifications n JOIN notification_events e ON e.id = n.event_id
WHERE n.repeat_at <= now() AND e.acknowledged_at IS NULL
ORDER BY n.repeat_at LIMIT $1 FOR UPDATE OF n SKIP LOCKED

-- name: repeat_at
-- NULL once the next step has been added, or where nothing follows.
UPDATE notifications SET repeat_at = $2 WHERE id = $1

-- name: get
-- For an answer about one.
SELECT n.*, e.data, e.conversation_id, e.created_at AS occurred_at, e.acknowledged_at, e.acknowledged_by
FROM notifications n JOIN notification_events e ON e.id = n.event_id WHERE n.id = $1

-- name: replay
-- Under the same id, so that the receiver recognises what it has.
UPDATE notifications SET state = 'due', due_at = now(), attempts = 0, last_error = NULL, created_at = now()
WHERE id = $1 AND state <> 'sending'

-- name: page
-- The newest first, from the place of the last one seen ($1, $2) on; $3: only those that still ask for an act.
SELECT n.*, e.data, e.conversation_id, e.created_at AS occurred_at, e.acknowledged_at, e.acknowledged_by
FROM notifications n JOIN notification_events e ON e.id = n.event_id
WHERE ($1::timestamptz IS NULL OR (n.created_at, n.id) < ($1, $2::uuid))
    AND (NOT $3 OR e.acknowledged_at IS NULL AND e.type = ANY ($4::text[]))
ORDER BY n.created_at DESC, n.id DESC LIMIT $5

-- name: health
-- Routes on which something waits after a failure.
SELECT DISTINCT ON (route) route, count(*) OVER (PARTITION BY route) AS failing,
    min(created_at) OVER (PARTITION BY route) AS oldest_at, last_error
FROM notifications WHERE state = 'due' AND attempts > 1 AND last_error IS NOT NULL
ORDER BY route, created_at DESC

-- name: waiting
-- Notifications that were due some time ago and were not sent.
SELECT count(*) AS waiting, min(due_at) AS oldest_at FROM notifications WHERE state = 'due' AND due_at <= now()

-- name: purge
-- Events that nobody needs to act on any more.
DELETE FROM notification_events e
WHERE e.created_at < now() - $1::interval AND (e.type <> 'alert' OR e.ended_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM notifications n
        WHERE n.event_id = e.id AND (n.state IN ('due', 'sending') OR n.repeat_at IS NOT NULL))
