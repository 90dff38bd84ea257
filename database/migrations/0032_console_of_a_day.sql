-- The console for a day: marks, macros, mentions, blocked senders, bulk acts, live events and search.
ALTER TABLE conversations
    ADD COLUMN tags          text[] NOT NULL DEFAULT '{}',
    ADD COLUMN snoozed_until timestamptz,
    ADD COLUMN is_spam       boolean NOT NULL DEFAULT false,
    ADD COLUMN recipient_id  uuid REFERENCES customer_identifiers (id) ON DELETE SET NULL;
CREATE INDEX conversations_tags ON conversations USING gin (tags);
CREATE INDEX conversations_snoozed ON conversations (snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX conversations_recipient ON conversations (recipient_id) WHERE recipient_id IS NOT NULL;

-- What staff mark on conversations, and what they write with.
CREATE TABLE macros (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    title      text NOT NULL UNIQUE,
    content    text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER macros_touch BEFORE UPDATE ON macros FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- Who was named in a note and has not looked at the conversation since.
CREATE TABLE mentions (
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    person          text NOT NULL,
    author          text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    seen_at         timestamptz,
    PRIMARY KEY (conversation_id, person)
);
CREATE INDEX mentions_unseen ON mentions (person) WHERE seen_at IS NULL;

-- Whose messages are stored and get no turn. What somebody only claims to be blocks only who claims it.
CREATE TABLE blocked_senders (
    kind       text NOT NULL,
    value      text NOT NULL,
    is_proven  boolean NOT NULL,
    blocked_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, value, is_proven)
);

-- What an undo of a bulk act gives back: ids, states and marks, never texts.
CREATE TABLE bulk_acts (
    id         uuid PRIMARY KEY,
    actor      text NOT NULL,
    act        text NOT NULL,
    before     jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    undone_at  timestamptz
);

-- What open consoles follow. One event a kind, conversation and transaction: readers order by transaction, and read only
-- those older than every transaction that still runs, so that no later commit is skipped.
CREATE TABLE desk_events (
    xid             xid8 NOT NULL DEFAULT pg_current_xact_id(),
    kind            text NOT NULL CHECK (kind IN ('conversation.changed', 'draft.ready', 'handover')),
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (xid, kind, conversation_id)
);
CREATE INDEX desk_events_age ON desk_events (created_at);
CREATE INDEX desk_events_conversation ON desk_events (conversation_id);

CREATE FUNCTION add_desk_event(kind text, conversation_id uuid) RETURNS void LANGUAGE sql AS $$
    INSERT INTO desk_events (kind, conversation_id) VALUES ($1, $2) ON CONFLICT DO NOTHING
$$;
CREATE FUNCTION notify_desk_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('conversation', NEW.conversation_id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER desk_events_notify AFTER INSERT ON desk_events FOR EACH ROW EXECUTE FUNCTION notify_desk_event();

-- For tables with a conversation_id.
CREATE FUNCTION note_conversation_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM add_desk_event('conversation.changed', NEW.conversation_id);
    RETURN NULL;
END $$;
CREATE TRIGGER messages_desk AFTER INSERT OR UPDATE OF state ON messages
    FOR EACH ROW EXECUTE FUNCTION note_conversation_change();
CREATE TRIGGER tickets_desk AFTER INSERT OR UPDATE OF status, priority, subject ON tickets
    FOR EACH ROW EXECUTE FUNCTION note_conversation_change();
CREATE TRIGGER notes_desk AFTER INSERT ON conversation_notes
    FOR EACH ROW EXECUTE FUNCTION note_conversation_change();
CREATE TRIGGER mentions_desk AFTER INSERT OR UPDATE ON mentions
    FOR EACH ROW EXECUTE FUNCTION note_conversation_change();
CREATE FUNCTION note_own_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM add_desk_event('conversation.changed', NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER conversations_desk AFTER UPDATE OF status, owner, owner_name, turn_since, seen_at, tags, snoozed_until,
    is_spam, customer_id, subject ON conversations FOR EACH ROW EXECUTE FUNCTION note_own_change();
CREATE FUNCTION note_delivery_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM add_desk_event('conversation.changed', m.conversation_id) FROM messages m WHERE m.id = NEW.message_id;
    RETURN NULL;
END $$;
CREATE TRIGGER deliveries_desk AFTER INSERT OR UPDATE OF state ON deliveries
    FOR EACH ROW EXECUTE FUNCTION note_delivery_change();
CREATE FUNCTION note_hand_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM add_desk_event('handover', c.id) FROM conversations c WHERE c.id::text = NEW.subject_id;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_log_desk AFTER INSERT ON audit_log FOR EACH ROW
    WHEN (NEW.action = 'hand_over' AND NEW.subject_kind = 'conversation') EXECUTE FUNCTION note_hand_over();

-- The search of the console: beginnings of words, and both ends of addresses and numbers.
CREATE INDEX messages_words ON messages USING gin (to_tsvector('simple', left(content, 20000)));
CREATE INDEX conversations_words ON conversations
    USING gin (to_tsvector('simple', coalesce(sender_name, '') || ' ' || coalesce(subject, '')));
CREATE INDEX tickets_words ON tickets USING gin (to_tsvector('simple', subject));
CREATE INDEX tickets_number_start ON tickets (number text_pattern_ops);
CREATE INDEX customers_words ON customers USING gin (to_tsvector('simple', name));
CREATE INDEX customer_identifiers_start ON customer_identifiers (value text_pattern_ops);
CREATE INDEX customer_identifiers_end ON customer_identifiers (reverse(value) text_pattern_ops);
CREATE INDEX customer_identifiers_words ON customer_identifiers
    USING gin (to_tsvector('simple', translate(value, '@.+-_', '     ')));
