-- Every outbox row and every item of a batch has its own end: done, tried again later, or put aside with its cause.

ALTER TABLE outbox ADD COLUMN attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0);
-- Not before then. Later rows of the same key wait for it.
ALTER TABLE outbox ADD COLUMN retry_at timestamptz;
-- Refused for good: never published, and no row waits for it.
ALTER TABLE outbox ADD COLUMN put_aside_at timestamptz;
ALTER TABLE outbox ADD COLUMN cause text;

DROP INDEX outbox_unpublished;
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL AND put_aside_at IS NULL;
CREATE INDEX outbox_waiting ON outbox (key, id)
    WHERE published_at IS NULL AND put_aside_at IS NULL AND retry_at IS NOT NULL;
CREATE INDEX outbox_put_aside ON outbox (put_aside_at) WHERE put_aside_at IS NOT NULL;

CREATE TABLE failed_items (
    -- Which loop it belongs to (gmail, sentiment, learning …), and what it is there: a provider's id or one of ours.
    job        text NOT NULL,
    item       text NOT NULL,
    attempts   integer NOT NULL CHECK (attempts >= 0),
    -- NULL: put aside, for a person to decide.
    retry_at   timestamptz,
    cause      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job, item)
);
CREATE INDEX failed_items_due ON failed_items (job, retry_at) WHERE retry_at IS NOT NULL;
