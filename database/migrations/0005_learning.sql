-- Which model the knowledge base's vectors are of, how each article came to be, and what is learned from tickets.

-- Vectors of several models may stand side by side; the alias names the one that searches read.
CREATE TABLE embedding_models (
    model_id   text PRIMARY KEY,
    dimension  integer NOT NULL CHECK (dimension > 0),
    -- How it compared with the model it took over from, when it did.
    comparison jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE knowledge_alias (
    name              text PRIMARY KEY CHECK (name = 'live'),
    model_id          text NOT NULL REFERENCES embedding_models (model_id),
    previous_model_id text REFERENCES embedding_models (model_id),
    switched_by       text NOT NULL,
    switched_at       timestamptz NOT NULL DEFAULT now()
);

INSERT INTO embedding_models (model_id, dimension)
    SELECT DISTINCT ON (model_id) model_id, vector_dims(embedding) FROM knowledge_base;
INSERT INTO knowledge_alias (name, model_id, switched_by)
    SELECT 'live', model_id, 'migration' FROM knowledge_base GROUP BY model_id ORDER BY count(*) DESC LIMIT 1;

DROP INDEX knowledge_base_embedding;
ALTER TABLE knowledge_base ALTER COLUMN embedding TYPE vector;
ALTER TABLE knowledge_base
    ADD COLUMN dimension     integer GENERATED ALWAYS AS (vector_dims(embedding)) STORED,
    -- What the model was given, and the vector that it made of it alone; `embedding` also knows its article.
    ADD COLUMN embedded_text text,
    ADD COLUMN own_vector    vector;
UPDATE knowledge_base SET embedded_text = title || E'\n' || content;
ALTER TABLE knowledge_base ALTER COLUMN embedded_text SET NOT NULL;

-- An index fits one dimension; for another one the store scans exactly.
CREATE INDEX knowledge_base_embedding ON knowledge_base
    USING hnsw ((embedding::halfvec(384)) halfvec_ip_ops) WITH (m = 16, ef_construction = 128) WHERE dimension = 384;
CREATE INDEX knowledge_base_embedding_768 ON knowledge_base
    USING hnsw ((embedding::halfvec(768)) halfvec_ip_ops) WITH (m = 16, ef_construction = 128) WHERE dimension = 768;
CREATE INDEX knowledge_base_embedding_1024 ON knowledge_base
    USING hnsw ((embedding::halfvec(1024)) halfvec_ip_ops) WITH (m = 16, ef_construction = 128) WHERE dimension = 1024;
CREATE INDEX knowledge_base_hash ON knowledge_base (content_hash);

-- Every text that an article ever had; knowledge_base holds the newest alone.
CREATE TABLE knowledge_versions (
    article_id uuid NOT NULL,
    version    integer NOT NULL,
    title      text NOT NULL,
    category   text NOT NULL,
    content    text NOT NULL,
    source     text NOT NULL,
    url        text,
    author     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (article_id, version)
);
INSERT INTO knowledge_versions (article_id, version, title, category, content, source, url, author)
    SELECT article_id, version, min(title), min(category), string_agg(content, E'\n\n' ORDER BY chunk_index),
        min(source), min(url), 'migration'
    FROM knowledge_base GROUP BY article_id, version;

-- How often the customer came back after it had been resolved.
ALTER TABLE tickets ADD COLUMN reopened integer NOT NULL DEFAULT 0;

CREATE TABLE knowledge_candidates (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    title      text NOT NULL,
    text       text NOT NULL,
    category   text NOT NULL,
    -- Held: an approval was tried and would have made other answers worse, or tickets disagree.
    state      text NOT NULL DEFAULT 'proposed'
        CHECK (state IN ('proposed', 'held', 'approved', 'rejected', 'withdrawn')),
    reason     text,
    evaluation jsonb,
    article_id uuid,
    decided_by text,
    decided_at timestamptz,
    -- From then on the article is no longer found: what people knew once may have changed.
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (state <> 'approved' OR article_id IS NOT NULL)
);
CREATE INDEX knowledge_candidates_state ON knowledge_candidates (state, created_at);
CREATE TRIGGER knowledge_candidates_touch BEFORE UPDATE ON knowledge_candidates
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE candidate_evidence (
    candidate_id uuid NOT NULL REFERENCES knowledge_candidates (id) ON DELETE CASCADE,
    ticket_id    uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    -- What that ticket's customer asked, without personal data.
    question     text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (candidate_id, ticket_id)
);
CREATE INDEX candidate_evidence_ticket ON candidate_evidence (ticket_id);

-- Resolutions that were looked at, and what came of each.
CREATE TABLE learned_tickets (
    ticket_id   uuid PRIMARY KEY REFERENCES tickets (id) ON DELETE CASCADE,
    resolved_at timestamptz NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('candidate', 'evidence', 'known', 'hard_limit', 'one_off', 'private',
        'nothing_general', 'contradiction', 'disputed', 'rejected_before')),
    -- The article that says it already, or that says the opposite.
    article_id  uuid,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- Questions whose right article is known: nothing is published that takes one of them away from it.
CREATE TABLE regression_questions (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    question   text NOT NULL CHECK (question <> ''),
    article_id uuid NOT NULL,
    origin     text NOT NULL CHECK (origin IN ('confirmed', 'candidate', 'staff')),
    ticket_id  uuid REFERENCES tickets (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (article_id, question)
);
CREATE INDEX regression_questions_ticket ON regression_questions (ticket_id) WHERE ticket_id IS NOT NULL;

-- The sweep for messages that no turn gave a sentiment finds them without reading all.
CREATE INDEX messages_unscored ON messages (position) WHERE role = 'customer' AND sentiment IS NULL AND content <> '';
