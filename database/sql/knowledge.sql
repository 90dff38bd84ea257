-- The knowledge base: chunks of articles with their unit vectors.

-- name: estimated_rows
-- The planner's own estimate costs nothing; -1 until the first ANALYZE.
SELECT reltuples::bigint FROM pg_class WHERE oid = 'knowledge_base'::regclass

-- name: nearest_exact
-- `<#>` is minus the inner product, of unit vectors minus the cosine. Ordered by the full vector, which the
-- half-precision index can't serve: every row is compared.
SELECT id, article_id, title, content, version, url, -(embedding <#> $1) AS similarity
FROM knowledge_base
WHERE is_published AND (expires_at IS NULL OR expires_at > now())
ORDER BY embedding <#> $1, id LIMIT $2

-- name: widen_index_search
-- For this transaction only: more candidates, and on until enough of them pass the filter.
SELECT set_config('hnsw.ef_search', '200', true), set_config('hnsw.iterative_scan', 'relaxed_order', true)

-- name: nearest_indexed
-- The index ranks by half-precision vectors; four times as many as asked for are ranked again by the full ones.
WITH candidates AS MATERIALIZED (
    SELECT id, article_id, title, content, version, url, embedding
    FROM knowledge_base
    WHERE is_published AND (expires_at IS NULL OR expires_at > now())
    ORDER BY embedding::halfvec(384) <#> $1::vector::halfvec(384) LIMIT 4 * $2
)
SELECT id, article_id, title, content, version, url, -(embedding <#> $1) AS similarity
FROM candidates ORDER BY embedding <#> $1, id LIMIT $2

-- name: hashes
-- What need not be embedded again.
SELECT article_id, chunk_index, content_hash FROM knowledge_base WHERE source = $1

-- name: lock_article
-- Two replicas that index the same article at their start do so one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('article:' || $1::uuid::text, 0))

-- name: delete_article
-- Old chunks go in the same transaction in which the new ones come: a search sees one or the other.
DELETE FROM knowledge_base WHERE article_id = $1 RETURNING version

-- name: insert_chunk
-- All chunks of an article carry the same version.
INSERT INTO knowledge_base (article_id, version, chunk_index, title, category, content, content_hash, source, url,
    model_id, embedding)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: remove
-- Articles that are gone from their source.
DELETE FROM knowledge_base WHERE article_id = ANY ($1::uuid[])

-- name: count
-- Chunks that a search can find.
SELECT count(*) FROM knowledge_base WHERE is_published AND (expires_at IS NULL OR expires_at > now())
