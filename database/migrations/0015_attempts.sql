-- Attempts at a message outlive the process that made them, and so does the mark of a reader that died over one.

ALTER TABLE messages
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN retry_at timestamptz,
    ADD COLUMN reader uuid,
    ADD COLUMN strikes integer NOT NULL DEFAULT 0;
CREATE INDEX messages_retry ON messages (retry_at) WHERE retry_at IS NOT NULL AND state IN ('waiting', 'undelivered');
CREATE INDEX messages_retried ON messages (customer_id, position)
    WHERE retry_at IS NOT NULL AND state IN ('waiting', 'undelivered');

CREATE TABLE readers (
    id      uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT now()
);
