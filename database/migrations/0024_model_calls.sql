-- What the language model cost by day and conversation, and how its newest calls ended.
CREATE TABLE model_spending (
    day date PRIMARY KEY,
    usd numeric(14, 6) NOT NULL DEFAULT 0 CHECK (usd >= 0)
);
CREATE TABLE model_states (
    model         text PRIMARY KEY,
    succeeded_at  timestamptz,
    failed_at     timestamptz,
    -- NULL while the newest call succeeded.
    failing_since timestamptz,
    code          text,
    -- The server's words about the newest failure, for staff.
    said          text NOT NULL DEFAULT ''
);
ALTER TABLE conversations ADD COLUMN model_usd numeric(14, 6) NOT NULL DEFAULT 0;
ALTER TABLE agent_metrics ADD COLUMN model_calls integer NOT NULL DEFAULT 0;
ALTER TABLE agent_metrics ADD COLUMN cost_usd double precision NOT NULL DEFAULT 0;
