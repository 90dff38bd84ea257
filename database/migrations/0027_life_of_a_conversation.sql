-- Whose turn it is, since when, and what staff have seen; who gets a resolved conversation back; what it continues.
ALTER TABLE conversations
    ADD COLUMN last_owner_name text,
    ADD COLUMN turn_since      timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN seen_at         timestamptz,
    ADD COLUMN continues_id    uuid REFERENCES conversations (id) ON DELETE SET NULL;
UPDATE conversations SET turn_since = last_message_at;
CREATE INDEX conversations_continues ON conversations (continues_id) WHERE continues_id IS NOT NULL;
CREATE INDEX conversations_owned ON conversations (owner_name, turn_since) WHERE owner_name IS NOT NULL;

CREATE TABLE conversation_notes (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    author          text NOT NULL,
    content         text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX conversation_notes_conversation ON conversation_notes (conversation_id, created_at);

-- Hand-overs are counted from the log: every way to a person writes there.
CREATE INDEX audit_log_hand_overs ON audit_log (created_at) WHERE action = 'hand_over';

-- The provider's own words on a failure.
ALTER TABLE deliveries ADD COLUMN error_text text;
