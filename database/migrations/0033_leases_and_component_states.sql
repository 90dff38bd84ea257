-- Leadership ends by time, so a process that stands still is replaced; the token tells it that it was.
CREATE TABLE leases (
    name       text PRIMARY KEY,
    holder     text NOT NULL,
    token      bigint NOT NULL CHECK (token > 0),
    since      timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL
);
-- How the last real work of a part went, written by whoever did it and read by health, alerts and metrics.
CREATE TABLE component_states (
    component     text PRIMARY KEY,
    reported_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    succeeded_at  timestamptz,
    failing_since timestamptz,
    last_error    text
);
-- The reader whose silence became the newest strike. If it speaks again, it only stood still, and takes the strike back.
ALTER TABLE messages ADD COLUMN struck_by uuid;
CREATE INDEX messages_struck_by ON messages (struck_by) WHERE struck_by IS NOT NULL;
