-- Attempts at messages: which reader handles a message, how often that failed, and when the next one is due.

-- name: beat
-- The same statement deletes the rows of processes that ended long ago. A reader that was silent for longer than $2 and
-- speaks again only stood still: the strikes for its silence are taken back.
WITH gone AS (
    DELETE FROM readers WHERE seen_at < now() - interval '1 hour' AND id <> $1
), stood_still AS (
    SELECT FROM readers WHERE id = $1 AND seen_at <= now() - $2::interval
), taken_back AS (
    UPDATE messages SET strikes = GREATEST(strikes - 1, 0), struck_by = NULL
    WHERE struck_by = $1 AND EXISTS (SELECT FROM stood_still)
)
INSERT INTO readers (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET seen_at = now()

-- name: begin
-- One statement for all messages that reader $3 is about to handle: begun, or why not. A mark of another reader without
-- a heartbeat for $4 is a strike. A message waits behind its customer's earlier messages that wait for their next
-- attempt. A reply waits behind every earlier reply on its channel; an earlier one without a reader was lost with the
-- broker's log and is queued at once. Suspects run one at a time ($5: those that may run now).
-- The mark must survive this process, not PostgreSQL, so the commit does not wait for the disk. Rows are locked by id,
-- so that two readers can't deadlock.
WITH not_synced AS (
    SELECT set_config('synchronous_commit', 'off', true)
), asked AS (
    SELECT m.* FROM messages m, not_synced WHERE m.id = ANY ($1::uuid[]) AND m.state = $2
    ORDER BY m.id FOR NO KEY UPDATE OF m
), judged AS (
    SELECT a.id, a.attempts, a.retry_at, a.strikes + CASE WHEN s.reader IS NOT NULL THEN 1 ELSE 0 END AS strikes,
        s.reader AS struck_by,
        CASE a.state WHEN 'waiting' THEN
            (SELECT GREATEST(max(e.retry_at), now()) FROM messages e
            WHERE e.customer_id = a.customer_id AND e.position < a.position AND e.retry_at IS NOT NULL
                AND e.state = 'waiting' HAVING count(*) > 0)
        ELSE
            (SELECT GREATEST(max(e.retry_at), now()) FROM messages e
            WHERE e.customer_id = a.customer_id AND e.position < a.position AND e.channel = a.channel
                AND e.state = 'undelivered' HAVING count(*) > 0)
        END AS behind_until, a.customer_id, a.channel, a.position
    FROM asked a LEFT JOIN LATERAL (SELECT a.reader WHERE a.reader <> $3 AND NOT EXISTS (
        SELECT FROM readers r WHERE r.id = a.reader AND r.seen_at > now() - $4::interval)) s ON true
), decided AS (
    SELECT j.*, CASE
        WHEN retry_at > now() OR behind_until IS NOT NULL THEN 'waits'
        WHEN strikes >= $6 THEN 'killer'
        WHEN strikes > 0 AND id <> ALL ($5::uuid[]) THEN 'suspect'
        ELSE 'begun' END AS outcome
    FROM judged j
), marked AS (
    UPDATE messages m SET reader = $3, strikes = d.strikes, retry_at = NULL,
        struck_by = coalesce(d.struck_by, m.struck_by)
    FROM decided d WHERE m.id = d.id AND d.outcome = 'begun'
), deferred AS (
    UPDATE messages m SET retry_at = GREATEST(d.retry_at, d.behind_until)
    FROM decided d WHERE m.id = d.id AND d.behind_until IS NOT NULL
), found AS (
    UPDATE messages e SET retry_at = now()
    FROM decided d WHERE d.behind_until IS NOT NULL AND $2 = 'undelivered' AND e.state = 'undelivered'
        AND e.customer_id = d.customer_id AND e.channel = d.channel AND e.position < d.position
        AND e.retry_at IS NULL AND e.reader IS NULL
)
SELECT id, outcome, attempts, strikes FROM decided

-- name: fail
-- Only if it still belongs to this reader: another one may have taken it over. The reader reports, so it did not die
-- and the strikes are reset.
UPDATE messages SET attempts = attempts + 1, retry_at = now() + $3::interval, reader = NULL, strikes = 0,
    struck_by = NULL
WHERE id = $1 AND reader = $2

-- name: postpone
-- Nothing was tried, so the number of attempts stays as it is.
UPDATE messages SET retry_at = now() + $3::interval, reader = NULL, strikes = 0, struck_by = NULL
WHERE id = $1 AND reader = $2

-- name: leave
-- Released unfinished by a live reader, so without a strike.
UPDATE messages SET reader = NULL WHERE id = $1 AND reader = $2

-- name: requeue_due
-- Queues each due attempt once; `retry_at` stays until the attempt begins, so that later messages wait for it.
WITH due AS (
    SELECT id FROM messages
    WHERE retry_at <= now() AND state IN ('waiting', 'undelivered') AND queued_at < retry_at
    ORDER BY position LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
), requeued AS (
    UPDATE messages m SET queued_at = now() FROM due d WHERE m.id = d.id RETURNING m.*
)
SELECT * FROM requeued ORDER BY position
