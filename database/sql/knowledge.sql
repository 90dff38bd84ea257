-- The knowledge base: chunks of articles with unit vectors of one or several models.

-- name: live_model
-- A single row decides which vectors are compared.
SELECT model_id FROM knowledge_alias WHERE name = 'live'

-- name: findable_rows
-- Counts up to $2 by an index-only scan.
SELECT count(*) FROM (
    SELECT FROM knowledge_base
    WHERE model_id = $1 AND is_published AND (expires_at IS NULL OR expires_at > now()) LIMIT $2
) AS findable

-- name: nearest_exact
-- `<#>` is minus the inner product, so minus the cosine of unit vectors. The half-precision index can't serve an order
-- by the full vector, so every findable row is compared.
SELECT id, article_id, chunk_index, title, content, version, url, section, language, is_whole,
    -(embedding <#> $1) AS similarity
FROM knowledge_base
WHERE model_id = $3 AND is_published AND (expires_at IS NULL OR expires_at > now())
ORDER BY embedding <#> $1, id LIMIT $2

-- name: widen_index_search
-- For this transaction only: more candidates, and an iterative scan until enough of them pass the filter.
SELECT set_config('hnsw.ef_search', '600', true), set_config('hnsw.iterative_scan', 'relaxed_order', true)

-- name: nearest_indexed
-- The index ranks by half-precision vectors; two and a half times as many as asked for are ranked again by full ones.
-- The store replaces 384 by the model's dimension, since each index has one dimension.
WITH candidates AS MATERIALIZED (
    SELECT id, article_id, chunk_index, title, content, version, url, section, language, is_whole, embedding
    FROM knowledge_base
    WHERE dimension = 384 AND model_id = $3 AND is_published AND (expires_at IS NULL OR expires_at > now())
    ORDER BY embedding::halfvec(384) <#> $1::vector::halfvec(384) LIMIT 5 * $2 / 2
)
SELECT id, article_id, chunk_index, title, content, version, url, section, language, is_whole,
    -(embedding <#> $1) AS similarity
FROM candidates ORDER BY embedding <#> $1, id LIMIT $2

-- name: around
-- A step's exception or a limit is often in the chunk before or after the found one, and a warning at the article's
-- head. An article that is said whole is read whole.
SELECT id, article_id, chunk_index, title, content, version, url, section, language, is_whole,
    -(embedding <#> $1) AS similarity
FROM knowledge_base
WHERE article_id = $2 AND model_id = $3 AND (chunk_index BETWEEN $4::int - $5::int AND $4::int + $5::int OR chunk_index = 0 OR is_whole)
    AND is_published AND (expires_at IS NULL OR expires_at > now())
ORDER BY chunk_index

-- name: stored_chunks
-- For finding unchanged articles: one whose text, link or setting differs is stored anew.
SELECT article_id, chunk_index, content_hash, content, category, url, language, section, is_whole, expires_at
FROM knowledge_base
WHERE source = $1 AND model_id = (SELECT model_id FROM knowledge_alias WHERE name = 'live')

-- name: own_vectors
-- The hash covers text and model, so any row with it has the right vector.
SELECT DISTINCT ON (content_hash) content_hash, own_vector FROM knowledge_base
WHERE content_hash = ANY ($1::text[]) AND own_vector IS NOT NULL

-- name: hold_model
-- Shared lock: many may write articles at once, but not while the live model changes.
SELECT pg_advisory_xact_lock_shared(hashtextextended('knowledge alias', 0))

-- name: note_model
-- The first model ever stored becomes the live one.
WITH added AS (
    INSERT INTO embedding_models (model_id, dimension) VALUES ($1, $2)
    ON CONFLICT (model_id) DO NOTHING
)
INSERT INTO knowledge_alias (name, model_id, switched_by) VALUES ('live', $1, 'first index')
ON CONFLICT (name) DO NOTHING

-- name: lock_article
-- Serialises replicas that index the same article when they start.
SELECT pg_advisory_xact_lock(hashtextextended('article:' || $1::uuid::text, 0))

-- name: delete_article
-- The same transaction inserts the new chunks, so a search sees the old or the new ones.
DELETE FROM knowledge_base WHERE article_id = $1 RETURNING version, is_published

-- name: last_version
-- An article that returns after its removal continues its version numbers.
SELECT coalesce(max(version), 0) FROM knowledge_versions WHERE article_id = $1

-- name: insert_chunk
-- All chunks of an article have the same version.
INSERT INTO knowledge_base (article_id, version, chunk_index, title, category, content, content_hash, source, url,
    model_id, embedding, own_vector, embedded_text, is_published, expires_at, language, section, is_whole)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)

-- name: insert_version
-- Versions are never deleted: they show who wrote what, and when.
INSERT INTO knowledge_versions (article_id, version, title, category, content, source, url, author)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: remove
-- Articles that their source no longer has.
DELETE FROM knowledge_base WHERE article_id = ANY ($1::uuid[])

-- name: count
-- Chunks that a search can find.
SELECT count(*) FROM knowledge_base
WHERE model_id = (SELECT model_id FROM knowledge_alias WHERE name = 'live')
    AND is_published AND (expires_at IS NULL OR expires_at > now())

-- name: articles
-- A ticket counts against an article that its answer named after a thumbs-down, or when it was reopened.
WITH article AS (
    SELECT article_id, max(version) AS version, min(title) AS title, min(category) AS category,
        min(source) AS source, min(url) AS url, bool_and(is_published) AS is_published,
        min(expires_at) AS expires_at, max(updated_at) AS updated_at, min(language) AS language,
        bool_or(is_whole) AS is_whole
    FROM knowledge_base
    WHERE model_id = (SELECT model_id FROM knowledge_alias WHERE name = 'live') AND ($1::text IS NULL OR source = $1)
    GROUP BY article_id
), used AS (
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
SELECT a.*, coalesce(c.down_votes, 0) AS down_votes, coalesce(c.up_votes, 0) AS up_votes,
    coalesce(c.reopened, 0) AS reopened, coalesce(o.contradicted, 0) AS contradicted
FROM article a LEFT JOIN complaint c USING (article_id) LEFT JOIN opposed o USING (article_id)
ORDER BY coalesce(c.down_votes, 0) + coalesce(c.reopened, 0) + coalesce(o.contradicted, 0) DESC,
    coalesce(a.expires_at < now() + interval '14 days', false) DESC, a.updated_at DESC, a.title
LIMIT $2

-- name: versions
-- Newest first.
SELECT * FROM knowledge_versions WHERE article_id = $1 ORDER BY version DESC

-- name: set_published
-- In every model's vectors, so that a later switch does not bring it back.
UPDATE knowledge_base SET is_published = $2 WHERE article_id = $1
