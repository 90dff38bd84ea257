-- Help sites that are crawled, and their pages as they were read last.

-- name: put
-- The same address again changes its settings.
INSERT INTO knowledge_sources (url, include, exclude, every_hours, added_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (url) DO UPDATE SET include = EXCLUDED.include, exclude = EXCLUDED.exclude, every_hours = EXCLUDED.every_hours,
    requested_at = now(), next_crawl_at = now()
RETURNING id

-- name: all
-- With the number of articles that came from each.
SELECT s.*, (SELECT count(*) FROM articles a WHERE a.source = s.url) AS articles FROM knowledge_sources s
WHERE $1::uuid IS NULL OR s.id = $1 ORDER BY s.url

-- name: remove
-- Its pages go with it.
DELETE FROM knowledge_sources WHERE id = $1

-- name: request
-- A crawl under way ends first.
UPDATE knowledge_sources SET requested_at = now(), next_crawl_at = now() WHERE id = $1

-- name: start_due
-- The due time stays, so that a crawl that its process did not survive is begun again.
UPDATE knowledge_sources SET started_at = now() WHERE id = (
    SELECT id FROM knowledge_sources WHERE next_crawl_at <= now() ORDER BY next_crawl_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id

-- name: finish
-- Who asked for a crawl while one was under way gets another one.
UPDATE knowledge_sources SET finished_at = now(), report = $2, error = $3,
    next_crawl_at = CASE WHEN requested_at > started_at THEN now()
        WHEN $3::text IS NOT NULL THEN now() + interval '1 hour'
        ELSE now() + every_hours * interval '1 hour' END
WHERE id = $1

-- name: pages
-- All: a crawl decides about each.
SELECT url, article_id, etag, last_modified, content_hash, links, missed FROM crawled_pages WHERE source_id = $1

-- name: hold_source
-- Not removed before the pages are stored.
SELECT EXISTS (SELECT FROM knowledge_sources WHERE id = $1 FOR SHARE)

-- name: save_page
-- As it is now.
INSERT INTO crawled_pages (source_id, url, article_id, etag, last_modified, content_hash, links, missed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (source_id, url) DO UPDATE SET article_id = EXCLUDED.article_id, etag = EXCLUDED.etag,
    last_modified = EXCLUDED.last_modified, content_hash = EXCLUDED.content_hash, links = EXCLUDED.links,
    missed = EXCLUDED.missed, fetched_at = now()

-- name: drop_pages
-- Their articles are removed in the same transaction.
DELETE FROM crawled_pages WHERE source_id = $1 AND url = ANY ($2::text[])
