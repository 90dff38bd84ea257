-- One day's figures, kept as they were when the day was over.

CREATE TABLE daily_digests (
    day         date PRIMARY KEY,
    -- Tickets are named by their numbers: a customer's words are looked up when the digest is read.
    body        jsonb NOT NULL,
    computed_at timestamptz NOT NULL DEFAULT now(),
    mailed_at   timestamptz
);
