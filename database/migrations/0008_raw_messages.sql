-- Mail as it came, for whoever doubts what was made of it. Of its own, so that reading messages stays cheap.

CREATE TABLE raw_messages (
    message_id uuid PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    -- At most the first MiB; `size` says how long the whole was.
    content    bytea NOT NULL,
    size       integer NOT NULL,
    stored_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX raw_messages_age ON raw_messages (stored_at);
