-- Articles as people write them. What searches find is in knowledge.sql.

-- name: lock
-- Before the row: a new article has none yet.
SELECT pg_advisory_xact_lock(hashtextextended('article:' || $1::uuid::text, 0))

-- name: get
-- With its newest version's text.
SELECT a.id, a.version, a.published_version, a.state, a.source, a.is_edited, a.created_at, a.updated_at,
    v.title, v.category, v.content, v.url, v.author, v.language, v.expires_at, v.is_whole, v.is_internal,
    EXISTS (SELECT FROM knowledge_sources s WHERE s.url = a.source) AS is_crawled,
    (SELECT count(*) FROM regression_questions q WHERE q.article_id = a.id) AS questions,
    c.down_votes, c.up_votes, c.reopened, c.contradicted
FROM articles a JOIN knowledge_versions v ON v.article_id = a.id AND v.version = a.version
JOIN article_complaints c ON c.article_id = a.id
WHERE a.id = $1

-- name: find
-- Words are sought in titles and texts alike; an editor looks for what was written, not for what it means.
SELECT a.id, a.version, a.published_version, a.state, a.source, a.is_edited, a.created_at, a.updated_at,
    v.title, v.category, v.content, v.url, v.author, v.language, v.expires_at, v.is_whole, v.is_internal,
    EXISTS (SELECT FROM knowledge_sources s WHERE s.url = a.source) AS is_crawled,
    (SELECT count(*) FROM regression_questions q WHERE q.article_id = a.id) AS questions,
    c.down_votes, c.up_votes, c.reopened, c.contradicted
FROM articles a JOIN knowledge_versions v ON v.article_id = a.id AND v.version = a.version
JOIN article_complaints c ON c.article_id = a.id
WHERE ($1::text IS NULL OR v.title ILIKE $1 OR v.content ILIKE $1)
    AND ($2::text IS NULL OR CASE $2
        WHEN 'expired' THEN coalesce(v.expires_at <= now(), false)
        WHEN 'changed' THEN coalesce(a.published_version < a.version, false)
        ELSE a.state = $2 END)
    AND ($3::text IS NULL OR a.source = $3)
    AND ($4::text IS NULL OR v.language = $4)
    AND ($5::boolean IS NULL OR v.is_internal = $5)
ORDER BY c.down_votes + c.reopened + c.contradicted DESC,
    coalesce(v.expires_at < now() + interval '14 days', false) DESC, a.updated_at DESC, v.title
LIMIT $6 OFFSET $7

-- name: next_version
-- An article that returns after its removal continues its version numbers.
SELECT 1 + coalesce(max(version), 0) FROM knowledge_versions WHERE article_id = $1

-- name: insert_version
-- Versions are never deleted: they show who wrote what, and when.
INSERT INTO knowledge_versions (article_id, version, title, category, content, source, url, author, language, expires_at,
    is_whole, is_internal, restored_from)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- name: note_article
-- What is published stays as it is until the new version is.
INSERT INTO articles (id, version, state, source) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version, state = EXCLUDED.state, is_edited = true, updated_at = now()

-- name: origins
-- An import leaves what a person changed until the source says something else.
SELECT id, origin_hash, is_edited FROM articles WHERE source = $1

-- name: questions
-- Oldest first.
SELECT id, question, origin, created_at FROM regression_questions WHERE article_id = $1 ORDER BY created_at, id

-- name: forget_question
-- Returns it for the audit log.
DELETE FROM regression_questions WHERE article_id = $1 AND id = $2 RETURNING question

-- name: add_evidence
-- A conversation counts once, and not once its customer is erased.
INSERT INTO article_evidence (article_id, conversation_id, question) SELECT $1, $2, $3 WHERE lock_unless_erased($2)
ON CONFLICT (article_id, conversation_id) DO NOTHING

-- name: evidence
-- Oldest first.
SELECT conversation_id, question FROM article_evidence WHERE article_id = $1 ORDER BY created_at, conversation_id
