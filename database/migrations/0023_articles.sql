-- Articles as people write them, beside the index of what searches find: drafts, who may read them, and their origin.
ALTER TABLE knowledge_versions ADD COLUMN language text;
ALTER TABLE knowledge_versions ADD COLUMN expires_at timestamptz;
ALTER TABLE knowledge_versions ADD COLUMN is_whole boolean NOT NULL DEFAULT false;
ALTER TABLE knowledge_versions ADD COLUMN is_internal boolean NOT NULL DEFAULT false;
ALTER TABLE knowledge_versions ADD COLUMN restored_from integer;

CREATE TABLE articles (
    id uuid PRIMARY KEY,
    -- The newest; `published_version` is the one in knowledge_base, null before the first publication.
    version integer NOT NULL,
    published_version integer,
    state text NOT NULL CHECK (state IN ('draft', 'published', 'unpublished')),
    source text NOT NULL,
    -- Of what the source said when it was read last; null for what people wrote here.
    origin_hash text,
    -- A person changed it since: it stays until the source says something else.
    is_edited boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (id, version) REFERENCES knowledge_versions (article_id, version)
);
CREATE INDEX articles_source ON articles (source);

WITH indexed AS (
    SELECT DISTINCT ON (article_id) article_id, version, title, category, source, url, is_published, language, is_whole,
        expires_at, created_at, updated_at
    FROM knowledge_base ORDER BY article_id, version DESC, chunk_index
), added AS (
    INSERT INTO knowledge_versions (article_id, version, title, category, content, source, url, author)
    SELECT i.article_id, i.version, i.title, i.category, (
            SELECT string_agg(k.content, E'\n\n' ORDER BY k.chunk_index) FROM (
                SELECT DISTINCT ON (chunk_index) chunk_index, content FROM knowledge_base
                WHERE article_id = i.article_id AND version = i.version ORDER BY chunk_index, model_id) k),
        i.source, i.url, 'import'
    FROM indexed i
    ON CONFLICT (article_id, version) DO UPDATE SET language = NULL
    RETURNING article_id
)
SELECT count(*) FROM added;

UPDATE knowledge_versions v SET language = k.language, expires_at = k.expires_at, is_whole = k.is_whole
FROM knowledge_base k WHERE k.article_id = v.article_id AND k.version = v.version AND k.chunk_index = 0;

INSERT INTO articles (id, version, published_version, state, source, created_at, updated_at)
SELECT k.article_id, max(k.version), max(k.version),
    CASE WHEN bool_and(k.is_published) THEN 'published' ELSE 'unpublished' END, min(k.source), min(k.created_at),
    max(k.updated_at)
FROM knowledge_base k GROUP BY k.article_id;

-- What speaks against an article: tickets that its answer named, after a thumbs-down or when they were reopened, and
-- answers of staff that contradict it.
CREATE VIEW article_complaints AS
WITH used AS (
    SELECT DISTINCT (source ->> 'article_id')::uuid AS article_id, t.conversation_id
    FROM turns t CROSS JOIN jsonb_array_elements(coalesce(t.tried -> 'sources', '[]')) source
    WHERE t.state = 'committed'
), word AS (
    SELECT DISTINCT ON (f.ticket_id) f.ticket_id, f.helpful FROM feedback f ORDER BY f.ticket_id, f.created_at DESC
), complaint AS (
    SELECT u.article_id, count(*) FILTER (WHERE NOT w.helpful) AS down_votes,
        count(*) FILTER (WHERE w.helpful) AS up_votes, count(*) FILTER (WHERE k.reopened > 0) AS reopened
    FROM used u JOIN tickets k ON k.conversation_id = u.conversation_id LEFT JOIN word w ON w.ticket_id = k.id
    GROUP BY u.article_id
), opposed AS (
    SELECT article_id, count(*) AS contradicted FROM learned_tickets WHERE outcome = 'contradiction' GROUP BY article_id
)
SELECT a.id AS article_id, coalesce(c.down_votes, 0) AS down_votes, coalesce(c.up_votes, 0) AS up_votes,
    coalesce(c.reopened, 0) AS reopened, coalesce(o.contradicted, 0) AS contradicted
FROM articles a LEFT JOIN complaint c ON c.article_id = a.id LEFT JOIN opposed o ON o.article_id = a.id;

-- The searches without an answer that a draft was begun for.
CREATE TABLE article_evidence (
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    -- Without personal data; empty once the customer is erased.
    question text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (article_id, conversation_id)
);
CREATE INDEX article_evidence_conversation ON article_evidence (conversation_id);

-- Help sites that are read again and again.
CREATE TABLE knowledge_sources (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    url text NOT NULL UNIQUE,
    include text[] NOT NULL DEFAULT '{}',
    exclude text[] NOT NULL DEFAULT '{}',
    every_hours integer NOT NULL CHECK (every_hours > 0),
    added_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    next_crawl_at timestamptz NOT NULL DEFAULT now(),
    requested_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    -- Counts and problems of the last crawl; `error` where the site could not be read at all.
    report jsonb,
    error text
);

CREATE TABLE crawled_pages (
    source_id uuid NOT NULL REFERENCES knowledge_sources (id) ON DELETE CASCADE,
    url text NOT NULL,
    -- Null for a page that holds no article.
    article_id uuid,
    etag text,
    last_modified text,
    content_hash text NOT NULL,
    links text[] NOT NULL DEFAULT '{}',
    -- Crawls in a row that found no way to it.
    missed integer NOT NULL DEFAULT 0,
    fetched_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source_id, url)
);
