-- The knowledge base's embedding models: their vectors side by side, and the live model that searches use.

-- name: entries
-- Live model first. `missing` counts chunks that searches can find now.
WITH live AS (SELECT model_id, previous_model_id FROM knowledge_alias WHERE name = 'live'),
chunk AS (SELECT k.article_id, k.version, k.chunk_index FROM knowledge_base k JOIN live l ON k.model_id = l.model_id)
SELECT m.model_id, m.dimension, m.comparison, m.model_id = l.model_id AS is_live,
    coalesce(m.model_id = l.previous_model_id, false) AS is_previous,
    (SELECT count(*) FROM knowledge_base k WHERE k.model_id = m.model_id) AS chunks,
    (SELECT count(*) FROM chunk c WHERE NOT EXISTS (SELECT FROM knowledge_base k
        WHERE k.model_id = m.model_id AND (k.article_id, k.version, k.chunk_index) = (c.article_id, c.version, c.chunk_index)))
        AS missing
FROM embedding_models m CROSS JOIN live l
ORDER BY is_live DESC, is_previous DESC, m.created_at DESC

-- name: add
-- A known model keeps its dimension.
INSERT INTO embedding_models (model_id, dimension) VALUES ($1, $2)
ON CONFLICT (model_id) DO UPDATE SET model_id = EXCLUDED.model_id RETURNING dimension

-- name: lacking
-- Whole articles, since a chunk's vector depends on its neighbours.
WITH wanted AS (
    SELECT DISTINCT k.article_id, k.version FROM knowledge_base k
    WHERE k.model_id = (SELECT model_id FROM knowledge_alias WHERE name = 'live') AND NOT EXISTS (
        SELECT FROM knowledge_base o WHERE o.article_id = k.article_id AND o.version = k.version
            AND o.chunk_index = k.chunk_index AND o.model_id = $1)
    LIMIT $2
)
SELECT k.id, k.article_id, k.embedded_text FROM knowledge_base k JOIN wanted w USING (article_id, version)
WHERE k.model_id = (SELECT model_id FROM knowledge_alias WHERE name = 'live')
ORDER BY k.article_id, k.chunk_index

-- name: add_vector
-- Copies the live row; if that was replaced meanwhile, its successor is returned as lacking again.
INSERT INTO knowledge_base (article_id, version, chunk_index, title, category, content, content_hash, source, url,
    model_id, embedding, own_vector, embedded_text, is_published, expires_at, language, section, is_whole)
SELECT article_id, version, chunk_index, title, category, content,
    encode(sha256(convert_to($2 || E'\n' || embedded_text, 'UTF8')), 'hex'), source, url,
    $2, $3, $4, embedded_text, is_published, expires_at, language, section, is_whole
FROM knowledge_base WHERE id = $1 FOR SHARE
ON CONFLICT (article_id, version, chunk_index, model_id) DO NOTHING

-- name: sample_titles
-- In a stable order.
SELECT title, article_id FROM (
    SELECT DISTINCT ON (article_id) title, article_id FROM knowledge_base
    WHERE model_id = (SELECT model_id FROM knowledge_alias WHERE name = 'live')
        AND is_published AND (expires_at IS NULL OR expires_at > now())
) articles ORDER BY md5(article_id::text) LIMIT $1

-- name: stop_writers
-- Exclusive lock against writers of articles.
SELECT pg_advisory_xact_lock(hashtextextended('knowledge alias', 0))

-- name: count_missing
-- How many chunks a search would lose with this model now.
SELECT count(*) FROM knowledge_base k
WHERE k.model_id = (SELECT model_id FROM knowledge_alias WHERE name = 'live') AND NOT EXISTS (
    SELECT FROM knowledge_base o WHERE o.article_id = k.article_id AND o.version = k.version
        AND o.chunk_index = k.chunk_index AND o.model_id = $1)

-- name: switch
-- Changes a single row, so a search uses the old model or the new one.
UPDATE knowledge_alias SET previous_model_id = model_id, model_id = $1, switched_by = $2, switched_at = now()
WHERE name = 'live' AND model_id <> $1

-- name: keep_comparison
-- So that staff can see later why the model was chosen.
UPDATE embedding_models SET comparison = $2 WHERE model_id = $1

-- name: is_live
-- The live model must not be dropped.
SELECT EXISTS (SELECT FROM knowledge_alias WHERE model_id = $1)

-- name: forget_previous
-- Without its vectors the model is no previous one to roll back to.
UPDATE knowledge_alias SET previous_model_id = NULL WHERE previous_model_id = $1

-- name: drop_vectors
-- The articles' texts remain in the live model's rows.
DELETE FROM knowledge_base WHERE model_id = $1

-- name: drop_model
-- After its vectors.
DELETE FROM embedding_models WHERE model_id = $1
