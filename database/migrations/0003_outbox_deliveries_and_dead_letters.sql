-- What is still to be told to Kafka and to providers, what could not be, and who did what about it.

CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic        text NOT NULL,
    key          uuid NOT NULL,
    value        jsonb NOT NULL,
    headers      jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz
);
-- The relay asks for what is unpublished and keeps no cursor: sequence order is not commit order, a cursor misses rows.
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

CREATE FUNCTION notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION notify_outbox();

CREATE FUNCTION notify_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('conversation', NEW.conversation_id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER messages_notify AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION notify_message();

CREATE TABLE deliveries (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    message_id          uuid NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    channel             channel NOT NULL,
    attempt             integer NOT NULL CHECK (attempt > 0),
    part                integer NOT NULL DEFAULT 0 CHECK (part >= 0),
    state               text NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'delivered', 'read',
        'failed', 'unsure', 'parked', 'suppressed')),
    provider_message_id text,
    error_code          text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    UNIQUE (message_id, attempt, part)
);
-- Not unique: an attempt that finds its predecessor's message at the provider records the same id.
CREATE INDEX deliveries_provider_id ON deliveries (channel, provider_message_id) WHERE provider_message_id IS NOT NULL;
CREATE INDEX deliveries_unfinished ON deliveries (updated_at) WHERE state IN ('queued', 'sending', 'unsure');
CREATE TRIGGER deliveries_touch BEFORE UPDATE ON deliveries FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- How far a delivery is: states only ever move to a higher rank, callbacks come in any order.
CREATE FUNCTION delivery_rank(state text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE state
        WHEN 'queued' THEN 0 WHEN 'sending' THEN 1
        WHEN 'unsure' THEN 2 WHEN 'parked' THEN 2 WHEN 'suppressed' THEN 2
        WHEN 'sent' THEN 3 WHEN 'delivered' THEN 4 WHEN 'failed' THEN 4 WHEN 'read' THEN 5 END
$$;

CREATE TABLE dead_letters (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    topic       text NOT NULL,
    key         text,
    -- The bytes as they were read, since what can't be parsed may not be text either.
    value       bytea NOT NULL,
    -- Where the record came from (topic, partition, offset): the same failure is kept once.
    origin      text NOT NULL UNIQUE,
    message_id  uuid REFERENCES messages (id) ON DELETE SET NULL,
    cause       text NOT NULL,
    attempts    integer NOT NULL CHECK (attempts >= 0),
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed', 'discarded')),
    settled_by  text,
    settled_at  timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_letters_open ON dead_letters (created_at) WHERE state = 'open';

CREATE TABLE audit_log (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor        text NOT NULL,
    action       text NOT NULL,
    subject_kind text NOT NULL,
    subject_id   text NOT NULL,
    detail       jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_log_subject ON audit_log (subject_kind, subject_id, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever appended to';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE gmail_mailboxes (
    address          text PRIMARY KEY,
    history_id       bigint,
    watch_expires_at timestamptz,
    synced_at        timestamptz,
    updated_at       timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER gmail_mailboxes_touch BEFORE UPDATE ON gmail_mailboxes FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
