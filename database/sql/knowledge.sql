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

-- name: nearest_internal
-- Internal chunks are never published, so no other search finds them. They are few.
SELECT k.id, k.article_id, k.chunk_index, k.title, k.content, k.version, k.url, k.section, k.language, k.is_whole,
    -(k.embedding <#> $1) AS similarity
FROM knowledge_base k JOIN articles a ON a.id = k.article_id AND a.state = 'published'
JOIN knowledge_versions v ON v.article_id = k.article_id AND v.version = k.version AND v.is_internal
WHERE k.model_id = $3 AND (k.expires_at IS NULL OR k.expires_at > now())
ORDER BY k.embedding <#> $1, k.id LIMIT $2

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
DELETE FROM knowledge_base WHERE article_id = $1

-- name: settings
-- An import changes neither who may read an article nor that staff unpublished it.
SELECT a.state, v.is_internal FROM articles a JOIN knowledge_versions v ON v.article_id = a.id AND v.version = a.version
WHERE a.id = $1

-- name: insert_chunk
-- All chunks of an article have the same version.
INSERT INTO knowledge_base (article_id, version, chunk_index, title, category, content, content_hash, source, url,
    model_id, embedding, own_vector, embedded_text, is_published, expires_at, language, section, is_whole)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)

-- name: note_article
-- Its newest version is the one that was just indexed.
INSERT INTO articles AS a (id, version, published_version, state, source, origin_hash, is_edited)
VALUES ($1, $2, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version, published_version = EXCLUDED.version, state = EXCLUDED.state,
    source = EXCLUDED.source, origin_hash = coalesce(EXCLUDED.origin_hash, a.origin_hash),
    is_edited = EXCLUDED.is_edited, updated_at = now()

-- name: remove
-- Articles that their source no longer has.
WITH gone AS (DELETE FROM articles WHERE id = ANY ($1::uuid[]))
DELETE FROM knowledge_base WHERE article_id = ANY ($1::uuid[])

-- name: count
-- Chunks that a search can find.
SELECT count(*) FROM knowledge_base
WHERE model_id = (SELECT model_id FROM knowledge_alias WHERE name = 'live')
    AND is_published AND (expires_at IS NULL OR expires_at > now())

-- name: articles
-- Those with complaints first, then those about to expire, then the newest.
SELECT a.id AS article_id, a.version, v.title, v.category, a.source, v.url, a.state = 'published' AS is_published,
    v.expires_at, a.updated_at, v.language, v.is_whole, c.down_votes, c.up_votes, c.reopened, c.contradicted
FROM articles a JOIN knowledge_versions v ON v.article_id = a.id AND v.version = a.version
JOIN article_complaints c ON c.article_id = a.id
WHERE $1::text IS NULL OR a.source = $1
ORDER BY c.down_votes + c.reopened + c.contradicted DESC,
    coalesce(v.expires_at < now() + interval '14 days', false) DESC, a.updated_at DESC, v.title
LIMIT $2

-- name: versions
-- Newest first.
SELECT * FROM knowledge_versions WHERE article_id = $1 ORDER BY version DESC

-- name: set_state
-- Only what is indexed can be published without embedding it.
UPDATE articles a SET state = CASE WHEN $2 THEN 'published' ELSE 'unpublished' END, updated_at = now()
WHERE id = $1 AND published_version IS NOT NULL

-- name: set_published
-- In every model's vectors, so that a later switch does not bring it back. What is for staff alone stays hidden.
UPDATE knowledge_base k SET is_published = $2 AND NOT EXISTS (
    SELECT FROM knowledge_versions v WHERE v.article_id = k.article_id AND v.version = k.version AND v.is_internal)
WHERE k.article_id = $1

-- name: gate
-- By the primary key, at each search.
SELECT answer_from, offer_from, expected_wrong, expected_missed, questions, labelled, articles, calibrated_at
FROM knowledge_gates WHERE model_id = $1

-- name: set_gate
-- One gate a model: a switch back finds its own again.
INSERT INTO knowledge_gates (model_id, answer_from, offer_from, expected_wrong, expected_missed, questions, labelled, articles)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (model_id) DO UPDATE SET answer_from = EXCLUDED.answer_from, offer_from = EXCLUDED.offer_from,
    expected_wrong = EXCLUDED.expected_wrong, expected_missed = EXCLUDED.expected_missed, questions = EXCLUDED.questions,
    labelled = EXCLUDED.labelled, articles = EXCLUDED.articles, calibrated_at = now()

-- name: state_of_articles
-- Versions grow at each change, so a sum of hashes tells of any; it needs no order. Empty without articles.
SELECT CASE WHEN count(*) = 0 THEN '' ELSE count(*)::text || ':' ||
    sum(hashtextextended(article_id::text || ':' || version::text || ':' || chunk_index::text, 0)::numeric)::text END
FROM knowledge_base
WHERE model_id = $1 AND is_published AND (expires_at IS NULL OR expires_at > now())
