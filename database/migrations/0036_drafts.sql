-- Replies that wait for a person: what the agent drafted, from which articles, and what became of it.
ALTER TABLE messages DROP CONSTRAINT messages_check;
ALTER TABLE messages ADD CONSTRAINT messages_check CHECK (CASE role
    WHEN 'customer' THEN state IN ('waiting', 'drafted', 'answered', 'with_human', 'ignored', 'dead')
    ELSE state IN ('undelivered', 'settled') END);
ALTER TABLE turns DROP CONSTRAINT turns_outcome_check;
ALTER TABLE turns ADD CONSTRAINT turns_outcome_check
    CHECK (outcome IN ('answered', 'asked_back', 'drafted', 'escalated', 'silent'));
ALTER TABLE agent_metrics DROP CONSTRAINT agent_metrics_outcome_check;
ALTER TABLE agent_metrics ADD CONSTRAINT agent_metrics_outcome_check
    CHECK (outcome IN ('answered', 'asked_back', 'drafted', 'escalated', 'silent'));

CREATE TABLE drafts (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    turn_id         uuid NOT NULL UNIQUE REFERENCES turns (id) ON DELETE CASCADE,
    channel         channel NOT NULL,
    -- The company's topic that the question is about, where it has one.
    topic           text,
    -- Of a draft that only tells of a hand-over.
    reason          text,
    author          text NOT NULL,
    content         text NOT NULL,
    -- Article and version of each source: the draft holds only while they are in force.
    sources         jsonb NOT NULL DEFAULT '[]',
    -- The newest message that it answers: a later one makes it stale.
    answers_until   bigint NOT NULL,
    state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'discarded', 'stale')),
    stale_because   text CHECK (stale_because IN ('newer_message', 'person', 'source', 'resolved', 'erased')),
    -- How much of it was changed before it was sent: 0 nothing, 1 every word.
    distance        real CHECK (distance BETWEEN 0 AND 1),
    message_id      uuid REFERENCES messages (id) ON DELETE SET NULL,
    decided_by      text,
    decided_at      timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX drafts_one_waiting ON drafts (conversation_id) WHERE state = 'waiting';
CREATE INDEX drafts_waiting ON drafts (created_at, id) WHERE state = 'waiting';
CREATE INDEX drafts_conversation ON drafts (conversation_id, created_at DESC);
CREATE INDEX drafts_time ON drafts (created_at);
CREATE FUNCTION note_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM add_desk_event(CASE TG_OP WHEN 'INSERT' THEN 'draft.ready' ELSE 'conversation.changed' END, NEW.conversation_id);
    RETURN NULL;
END $$;
CREATE TRIGGER drafts_desk AFTER INSERT OR UPDATE OF state ON drafts FOR EACH ROW EXECUTE FUNCTION note_draft();

-- Why a draft that nobody has decided about may no longer be sent; null while it may. Whoever writes, takes the
-- conversation or changes an article need not know of drafts.
CREATE VIEW draft_states AS
SELECT d.*, CASE
        WHEN d.state <> 'waiting' THEN d.stale_because
        WHEN c.status = 'closed' THEN 'erased'
        WHEN c.owner_name IS NOT NULL OR EXISTS (SELECT FROM messages m
            WHERE m.conversation_id = d.conversation_id AND m.role = 'staff' AND m.position > d.answers_until) THEN 'person'
        WHEN c.status <> 'open' THEN 'resolved'
        WHEN EXISTS (SELECT FROM messages m WHERE m.conversation_id = d.conversation_id
            AND m.position > d.answers_until AND m.state <> 'ignored') THEN 'newer_message'
        WHEN EXISTS (SELECT FROM jsonb_array_elements(d.sources) used WHERE NOT EXISTS (SELECT FROM knowledge_base k
            WHERE k.article_id = (used ->> 'article_id')::uuid AND k.version = (used ->> 'version')::integer
                AND k.is_published AND (k.expires_at IS NULL OR k.expires_at > now()))) THEN 'source'
    END AS because
FROM drafts d JOIN conversations c ON c.id = d.conversation_id;
