-- What the agent answers from, how each channel wants its answers, and what came of every turn.

CREATE TABLE knowledge_base (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    article_id   uuid NOT NULL,
    version      integer NOT NULL DEFAULT 1,
    chunk_index  integer NOT NULL,
    title        text NOT NULL,
    category     text NOT NULL DEFAULT 'general',
    content      text NOT NULL,
    -- SHA-256 of what was embedded: an unchanged chunk is not embedded again.
    content_hash text NOT NULL,
    source       text NOT NULL,
    url          text,
    model_id     text NOT NULL,
    embedding    vector(384) NOT NULL,
    is_published boolean NOT NULL DEFAULT true,
    expires_at   timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (article_id, version, chunk_index, model_id)
);
-- Rows are unit vectors: inner product is cosine. Below some 50,000 chunks the store scans exactly instead.
CREATE INDEX knowledge_base_embedding ON knowledge_base
    USING hnsw ((embedding::halfvec(384)) halfvec_ip_ops) WITH (m = 16, ef_construction = 128);
CREATE INDEX knowledge_base_article ON knowledge_base (article_id);
CREATE INDEX knowledge_base_source ON knowledge_base (source);
CREATE TRIGGER knowledge_base_touch BEFORE UPDATE ON knowledge_base FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE channel_configs (
    channel               channel PRIMARY KEY,
    tone                  text NOT NULL,
    greeting              text NOT NULL DEFAULT '',
    signature             text NOT NULL DEFAULT '',
    max_words             integer CHECK (max_words > 0),
    preferred_chars       integer CHECK (preferred_chars > 0),
    max_chars             integer CHECK (max_chars > 0),
    burst_window          interval NOT NULL DEFAULT '0 seconds',
    templates             jsonb NOT NULL DEFAULT '{}',
    reply_budget_per_hour integer NOT NULL DEFAULT 20 CHECK (reply_budget_per_hour > 0),
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER channel_configs_touch BEFORE UPDATE ON channel_configs FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE agent_metrics (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    turn_id         uuid REFERENCES turns (id) ON DELETE SET NULL,
    conversation_id uuid REFERENCES conversations (id) ON DELETE SET NULL,
    channel         channel NOT NULL,
    outcome         text NOT NULL CHECK (outcome IN ('answered', 'asked_back', 'escalated', 'silent')),
    reason          text,
    -- From the acceptance of the oldest message of the turn to the commit of its reply.
    latency_ms      double precision NOT NULL CHECK (latency_ms >= 0),
    sentiment       real,
    searches        integer NOT NULL DEFAULT 0,
    best_similarity real,
    model           text NOT NULL DEFAULT '',
    input_tokens    integer NOT NULL DEFAULT 0,
    output_tokens   integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX agent_metrics_time ON agent_metrics (created_at, channel);
