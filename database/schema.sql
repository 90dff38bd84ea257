-- The whole schema as the migrations leave it, for reading; a test holds the two together.

-- Kept by database/migrate.py: what was applied, and that it was not changed since.
CREATE TABLE schema_migrations (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- Customers, the identifiers they are known by, and what was said with them on every channel.

CREATE EXTENSION IF NOT EXISTS vector;

CREATE TYPE channel AS ENUM ('web_form', 'email', 'whatsapp');
CREATE TYPE assurance AS ENUM ('claimed', 'provider_attested', 'verified');

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE TABLE customers (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text NOT NULL DEFAULT '',
    -- A merged customer points at the one that took its place; its row stays so that the merge can be undone.
    merged_into uuid REFERENCES customers (id),
    opted_out_at timestamptz,
    erased_at   timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CHECK (merged_into <> id)
);
CREATE INDEX customers_merged ON customers (merged_into) WHERE merged_into IS NOT NULL;
CREATE TRIGGER customers_touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- The customer that stands for `id` today: itself, or what it was merged into, over any number of merges.
CREATE FUNCTION current_customer(id uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE chain AS (
        SELECT customers.id, customers.merged_into FROM customers WHERE customers.id = $1
        UNION
        SELECT next.id, next.merged_into FROM customers next JOIN chain ON next.id = chain.merged_into
    )
    SELECT chain.id FROM chain WHERE chain.merged_into IS NULL
$$;

-- Lock that customer until the end of the transaction; NULL where there is none. Where it was merged while we
-- waited, the lock on the merged row is given back first (the subtransaction's rollback does that): who holds one
-- customer never waits for another. NO KEY UPDATE: rows that only refer to the customer need not wait.
CREATE FUNCTION lock_customer(id uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    candidate uuid := current_customer(id);
    successor uuid;
BEGIN
    LOOP
        BEGIN
            SELECT merged_into INTO successor FROM customers WHERE customers.id = candidate FOR NO KEY UPDATE;
            IF NOT FOUND THEN
                RETURN NULL;
            ELSIF successor IS NULL THEN
                RETURN candidate;
            END IF;
            RAISE EXCEPTION USING ERRCODE = 'FTE01';
        EXCEPTION WHEN SQLSTATE 'FTE01' THEN
            candidate := current_customer(successor);
        END;
    END LOOP;
END $$;

CREATE TABLE customer_identifiers (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('email', 'phone', 'whatsapp')),
    value       text NOT NULL CHECK (value <> ''),
    assurance   assurance NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    -- Since when mail to it comes back, and the code that its server gave; cleared by a message from it.
    failing_since timestamptz,
    failing_code  text
);
-- Proven by one customer at most. Whoever only claims it has a customer of their own.
CREATE UNIQUE INDEX customer_identifiers_proven ON customer_identifiers (kind, value) WHERE assurance > 'claimed';
CREATE INDEX customer_identifiers_value ON customer_identifiers (kind, value);
CREATE INDEX customer_identifiers_customer ON customer_identifiers (customer_id);
CREATE TRIGGER customer_identifiers_touch BEFORE UPDATE ON customer_identifiers
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE customer_merges (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kept_id   uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    merged_id uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    cause     text NOT NULL,
    actor     text NOT NULL,
    -- The ids of every row that changed hands, table by table: what an undo gives back.
    moved     jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    undone_at  timestamptz,
    CHECK (kept_id <> merged_id)
);
CREATE INDEX customer_merges_kept ON customer_merges (kept_id);
CREATE INDEX customer_merges_merged ON customer_merges (merged_id);

CREATE TABLE conversations (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id        uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    channel            channel NOT NULL,
    assurance          assurance NOT NULL,
    subject            text,
    status             text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'resolved', 'closed')),
    owner              text NOT NULL DEFAULT 'agent' CHECK (owner IN ('agent', 'human')),
    owner_name         text,
    -- Counts turns and take-overs: a turn commits only while it still holds the newest value.
    fence              bigint NOT NULL DEFAULT 0,
    provider_thread_id text,
    sentiment_trend    real,
    -- The customer's language as the last turn read it; NULL before the first one.
    language           text CHECK (language ~ '^[a-z]{2}$'),
    last_inbound_at    timestamptz,
    last_message_at    timestamptz NOT NULL DEFAULT now(),
    resolved_at        timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    -- In a claimed conversation: the name given in it, whatever others gave for the same address.
    sender_name        text,
    model_usd          numeric(14, 6) NOT NULL DEFAULT 0,
    -- Of a resolved conversation: the person who gets it back once it is reopened.
    last_owner_name    text,
    -- Since when it has been the turn of whoever has the next move.
    turn_since         timestamptz NOT NULL DEFAULT now(),
    -- When its owner, or any person while nobody owns it, last read it or acted in it.
    seen_at            timestamptz,
    -- The customer's earlier conversation that this one goes on from.
    continues_id       uuid REFERENCES conversations (id) ON DELETE SET NULL,
    tags               text[] NOT NULL DEFAULT '{}',
    -- Until then, or until the customer writes, it waits for nobody.
    snoozed_until      timestamptz,
    -- What comes into it is stored and gets no turn.
    is_spam            boolean NOT NULL DEFAULT false,
    -- Of a conversation that staff began: the identifier that they wrote to.
    recipient_id       uuid REFERENCES customer_identifiers (id) ON DELETE SET NULL,
    -- Its place in the staff queue and what its ticket says, kept by triggers.
    queue_rank         smallint NOT NULL DEFAULT 10,
    queue_at           timestamptz NOT NULL DEFAULT now(),
    ticket_status      text,
    ticket_reason      text,
    -- Nothing is worked on or written in it any more.
    erased_at          timestamptz,
    CHECK ((owner = 'human') OR owner_name IS NULL)
);
CREATE INDEX conversations_customer ON conversations (customer_id, last_message_at DESC);
CREATE INDEX conversations_thread ON conversations (channel, provider_thread_id) WHERE provider_thread_id IS NOT NULL;
CREATE INDEX conversations_continues ON conversations (continues_id) WHERE continues_id IS NOT NULL;
CREATE INDEX conversations_owned ON conversations (owner_name, turn_since) WHERE owner_name IS NOT NULL;
CREATE INDEX conversations_tags ON conversations USING gin (tags);
CREATE INDEX conversations_snoozed ON conversations (snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX conversations_recipient ON conversations (recipient_id) WHERE recipient_id IS NOT NULL;
-- Lock a conversation until the end of the transaction; false once its customer is erased, NULL where there is none.
CREATE FUNCTION lock_unless_erased(conversation_id uuid) RETURNS boolean LANGUAGE sql AS $$
    SELECT erased_at IS NULL FROM conversations WHERE id = $1 FOR NO KEY UPDATE
$$;
-- The same of a customer.
CREATE FUNCTION lock_customer_unless_erased(customer_id uuid) RETURNS boolean LANGUAGE sql AS $$
    SELECT erased_at IS NULL FROM customers WHERE id = $1 FOR NO KEY UPDATE
$$;
CREATE TRIGGER conversations_touch BEFORE UPDATE ON conversations FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- What staff write about a conversation for each other.
CREATE TABLE conversation_notes (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    author          text NOT NULL,
    content         text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX conversation_notes_conversation ON conversation_notes (conversation_id, created_at);

CREATE TABLE turns (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    fence           bigint NOT NULL,
    state           text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'committed', 'superseded', 'failed')),
    outcome         text CHECK (outcome IN ('answered', 'asked_back', 'drafted', 'escalated', 'silent')),
    reason          text,
    model           text NOT NULL DEFAULT '',
    tried           jsonb NOT NULL DEFAULT '{}',
    trace_id        text,
    started_at      timestamptz NOT NULL DEFAULT now(),
    finished_at     timestamptz,
    UNIQUE (conversation_id, fence)
);

CREATE TABLE messages (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- Order of acceptance; per customer it is also the order of commit, since receiving locks the customer.
    position            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    conversation_id     uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    customer_id         uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    channel             channel NOT NULL,
    role                text NOT NULL CHECK (role IN ('customer', 'agent', 'staff')),
    -- Inbound: the identifier it was written from, so that the reply goes back there.
    sender_id           uuid REFERENCES customer_identifiers (id) ON DELETE SET NULL,
    author              text,
    content             text NOT NULL,
    raw_content         text,
    provider_message_id text,
    message_id_header   text,
    reference_headers   text[] NOT NULL DEFAULT '{}',
    attachments         jsonb NOT NULL DEFAULT '[]',
    details             jsonb NOT NULL DEFAULT '{}',
    sentiment           real CHECK (sentiment BETWEEN 0 AND 1),
    -- Inbound: waiting for a turn or how that ended. Outbound: does its delivery still need work?
    state               text NOT NULL CHECK (CASE role
        WHEN 'customer' THEN state IN ('waiting', 'drafted', 'answered', 'with_human', 'ignored', 'dead')
        ELSE state IN ('undelivered', 'settled') END),
    -- When it was last put into the outbox: the sweep queues it again when nothing came of that.
    queued_at           timestamptz NOT NULL DEFAULT now(),
    -- Inbound: the turn that answered it. Outbound: the turn that wrote it.
    turn_id             uuid REFERENCES turns (id) ON DELETE SET NULL,
    trace_id            text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    -- Attempts that ended in an error, and when the next one is due; no time means at once.
    attempts            integer NOT NULL DEFAULT 0,
    retry_at            timestamptz,
    -- Who works on it: a reader that dies leaves its id here. Strikes count the readers that did.
    reader              uuid,
    strikes             integer NOT NULL DEFAULT 0,
    -- The reader whose silence became the newest strike. If it speaks again, it only stood still, and takes the strike back.
    struck_by           uuid
);
CREATE INDEX messages_struck_by ON messages (struck_by) WHERE struck_by IS NOT NULL;
-- A webhook repeated, reordered or raced makes one row.
CREATE UNIQUE INDEX messages_provider_id ON messages (channel, provider_message_id)
    WHERE role = 'customer' AND provider_message_id IS NOT NULL;
-- A mail that a person sent from the mailbox is stored once.
CREATE UNIQUE INDEX messages_sent_mail ON messages (channel, provider_message_id)
    WHERE role = 'staff' AND provider_message_id IS NOT NULL;
-- A turn writes one reply.
CREATE UNIQUE INDEX messages_one_reply_a_turn ON messages (turn_id) WHERE role = 'agent';
CREATE INDEX messages_conversation ON messages (conversation_id, position);
CREATE INDEX messages_customer ON messages (customer_id, position DESC);
CREATE INDEX messages_time ON messages (created_at, channel);
CREATE INDEX messages_sender ON messages (sender_id, position DESC) WHERE sender_id IS NOT NULL;
CREATE INDEX messages_unfinished ON messages (queued_at) WHERE state IN ('waiting', 'undelivered');
CREATE INDEX messages_undelivered ON messages (customer_id, position) WHERE state = 'undelivered';
-- What is due for another attempt, and what a customer's later messages wait for.
CREATE INDEX messages_retry ON messages (retry_at) WHERE retry_at IS NOT NULL AND state IN ('waiting', 'undelivered');
CREATE INDEX messages_retried ON messages (customer_id, position)
    WHERE retry_at IS NOT NULL AND state IN ('waiting', 'undelivered');
-- The sweep for messages that no turn gave a sentiment finds them without reading all.
CREATE INDEX messages_unscored ON messages (position) WHERE role = 'customer' AND sentiment IS NULL AND content <> '';
CREATE INDEX messages_header ON messages (message_id_header) WHERE message_id_header IS NOT NULL;

CREATE TABLE tickets (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number            text NOT NULL UNIQUE CHECK (number ~ '^TKT-[0-9A-HJKMNP-TV-Z]{8,}$'),
    customer_id       uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    conversation_id   uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    source_channel    channel NOT NULL,
    subject           text NOT NULL DEFAULT '',
    category          text NOT NULL CHECK (category IN ('general', 'technical', 'billing', 'bug_report', 'feedback')),
    priority          text NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    status            text NOT NULL DEFAULT 'open'
        CHECK (status IN ('open', 'in_progress', 'waiting_customer', 'escalated', 'resolved', 'closed')),
    escalation_reason text CHECK (escalation_reason IN ('danger', 'company_topic', 'pricing', 'refund', 'legal',
        'human_request', 'negative_sentiment', 'no_kb_match', 'model_unavailable', 'repeated_failure', 'loop_guard',
        'delivery_failed')),
    escalation_summary text,
    escalated_at      timestamptz,
    resolution_note   text,
    resolved_by       text,
    resolved_at       timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    -- How often the customer came back after it had been resolved.
    reopened          integer NOT NULL DEFAULT 0,
    -- The id of the company's topic that asked for a person.
    escalation_topic  text,
    CHECK (status <> 'escalated' OR escalation_reason IS NOT NULL)
);
-- One unresolved ticket a conversation: what a second turn creates is the first one's.
CREATE UNIQUE INDEX tickets_one_open ON tickets (conversation_id) WHERE status NOT IN ('resolved', 'closed');
CREATE INDEX tickets_customer ON tickets (customer_id, created_at DESC);
CREATE INDEX tickets_status ON tickets (status, created_at);
-- Every turn asks for its conversation's ticket, also for one that is resolved, which the unique index leaves out.
CREATE INDEX tickets_conversation ON tickets (conversation_id);
CREATE TRIGGER tickets_touch BEFORE UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE feedback (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_id  uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    helpful    boolean NOT NULL,
    comment    text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX feedback_ticket ON feedback (ticket_id);

-- What the agent answers from, how each channel wants its answers, and what came of every turn.

CREATE TABLE knowledge_base (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    article_id   uuid NOT NULL,
    version      integer NOT NULL DEFAULT 1,
    chunk_index  integer NOT NULL,
    title        text NOT NULL,
    category     text NOT NULL DEFAULT 'general',
    content      text NOT NULL,
    -- SHA-256 of what was embedded: an unchanged chunk is not embedded again.
    content_hash text NOT NULL,
    source       text NOT NULL,
    url          text,
    model_id     text NOT NULL,
    embedding    vector NOT NULL,
    is_published boolean NOT NULL DEFAULT true,
    expires_at   timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    dimension    integer GENERATED ALWAYS AS (vector_dims(embedding)) STORED,
    -- What the model was given, and the vector that it made of it alone; `embedding` also knows its article.
    embedded_text text NOT NULL,
    own_vector   vector,
    -- Of the article; null where it was not known.
    language     text,
    -- The heading that the chunk stands under.
    section      text NOT NULL DEFAULT '',
    -- The article is said whole or not at all.
    is_whole     boolean NOT NULL DEFAULT false,
    UNIQUE (article_id, version, chunk_index, model_id)
);
-- Rows are unit vectors: inner product is cosine. Where few chunks can be found the store compares each instead.
-- An index fits one dimension; for another one the store scans exactly.
CREATE INDEX knowledge_base_embedding ON knowledge_base
    USING hnsw ((embedding::halfvec(384)) halfvec_ip_ops) WITH (m = 16, ef_construction = 128) WHERE dimension = 384;
CREATE INDEX knowledge_base_embedding_768 ON knowledge_base
    USING hnsw ((embedding::halfvec(768)) halfvec_ip_ops) WITH (m = 16, ef_construction = 128) WHERE dimension = 768;
CREATE INDEX knowledge_base_embedding_1024 ON knowledge_base
    USING hnsw ((embedding::halfvec(1024)) halfvec_ip_ops) WITH (m = 16, ef_construction = 128) WHERE dimension = 1024;
CREATE INDEX knowledge_base_hash ON knowledge_base (content_hash);
CREATE INDEX knowledge_base_article ON knowledge_base (article_id);
CREATE INDEX knowledge_base_source ON knowledge_base (source);
-- What a search may find: counted without reading the rows, and compared one by one where they are few.
CREATE INDEX knowledge_base_findable ON knowledge_base (model_id) INCLUDE (expires_at) WHERE is_published;
CREATE TRIGGER knowledge_base_touch BEFORE UPDATE ON knowledge_base FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE channel_configs (
    channel               channel PRIMARY KEY,
    tone                  text NOT NULL,
    greeting              text NOT NULL DEFAULT '',
    signature             text NOT NULL DEFAULT '',
    max_words             integer CHECK (max_words > 0),
    preferred_chars       integer CHECK (preferred_chars > 0),
    max_chars             integer CHECK (max_chars > 0),
    burst_window          interval NOT NULL DEFAULT '0 seconds',
    templates             jsonb NOT NULL DEFAULT '{}',
    reply_budget_per_hour integer NOT NULL DEFAULT 20 CHECK (reply_budget_per_hour > 0),
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER channel_configs_touch BEFORE UPDATE ON channel_configs FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE agent_metrics (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    turn_id         uuid REFERENCES turns (id) ON DELETE SET NULL,
    conversation_id uuid REFERENCES conversations (id) ON DELETE SET NULL,
    channel         channel NOT NULL,
    outcome         text NOT NULL CHECK (outcome IN ('answered', 'asked_back', 'drafted', 'escalated', 'silent')),
    reason          text,
    -- From the acceptance of the oldest message of the turn to the commit of its reply.
    latency_ms      double precision NOT NULL CHECK (latency_ms >= 0),
    sentiment       real,
    searches        integer NOT NULL DEFAULT 0,
    best_similarity real,
    model           text NOT NULL DEFAULT '',
    input_tokens    integer NOT NULL DEFAULT 0,
    output_tokens   integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    model_calls     integer NOT NULL DEFAULT 0,
    cost_usd        double precision NOT NULL DEFAULT 0
);
CREATE INDEX agent_metrics_time ON agent_metrics (created_at, channel);

-- What the language model cost by day, and how its newest calls ended.

CREATE TABLE model_spending (
    day date PRIMARY KEY,
    usd numeric(14, 6) NOT NULL DEFAULT 0 CHECK (usd >= 0)
);

CREATE TABLE model_states (
    model         text PRIMARY KEY,
    succeeded_at  timestamptz,
    failed_at     timestamptz,
    -- NULL while the newest call succeeded.
    failing_since timestamptz,
    code          text,
    -- The server's words about the newest failure, for staff.
    said          text NOT NULL DEFAULT ''
);

-- What is still to be told to Kafka and to providers, what could not be, and who did what about it.

CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic        text NOT NULL,
    key          uuid NOT NULL,
    value        jsonb NOT NULL,
    headers      jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    attempts     integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- Not before then. Later rows of the same key wait for it.
    retry_at     timestamptz,
    -- Refused for good: never published, and no row waits for it.
    put_aside_at timestamptz,
    cause        text
);
-- The relay asks for what is unpublished and keeps no cursor: sequence order is not commit order, a cursor misses rows.
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL AND put_aside_at IS NULL;
CREATE INDEX outbox_waiting ON outbox (key, id)
    WHERE published_at IS NULL AND put_aside_at IS NULL AND retry_at IS NOT NULL;
CREATE INDEX outbox_put_aside ON outbox (put_aside_at) WHERE put_aside_at IS NOT NULL;
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

-- Owner and status change without a message. Equal notifications of one transaction are sent once.
CREATE FUNCTION notify_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('conversation', NEW.id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER conversations_notify AFTER UPDATE ON conversations FOR EACH ROW
    WHEN (OLD.status <> NEW.status OR OLD.owner <> NEW.owner OR OLD.owner_name IS DISTINCT FROM NEW.owner_name)
    EXECUTE FUNCTION notify_conversation();
CREATE TRIGGER tickets_notify AFTER UPDATE ON tickets FOR EACH ROW WHEN (OLD.status <> NEW.status)
    EXECUTE FUNCTION notify_message();

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
    -- The provider may act on this attempt until then, whether or not anybody still waits for its answer.
    may_act_until       timestamptz NOT NULL DEFAULT now(),
    -- The provider's own words on a failure.
    error_text          text,
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

CREATE TABLE failed_items (
    -- Which loop it belongs to (gmail, sentiment, learning …), and what it is there: a provider's id or one of ours.
    job        text NOT NULL,
    item       text NOT NULL,
    attempts   integer NOT NULL CHECK (attempts >= 0),
    -- NULL: put aside, for a person to decide.
    retry_at   timestamptz,
    cause      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job, item)
);
CREATE INDEX failed_items_due ON failed_items (job, retry_at) WHERE retry_at IS NOT NULL;

-- When the fixed text last went to an address that its sender only claimed.
CREATE TABLE unproven_notices (
    kind    text NOT NULL,
    value   text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, value)
);
CREATE INDEX unproven_notices_age ON unproven_notices (sent_at);

CREATE TABLE audit_log (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor        text NOT NULL,
    action       text NOT NULL,
    subject_kind text NOT NULL,
    subject_id   text NOT NULL,
    detail       jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- The actor's account; empty for the system, a shell and keys of the settings.
    actor_id     uuid
);
CREATE INDEX audit_log_subject ON audit_log (subject_kind, subject_id, id);
-- Hand-overs are counted from the log: every way to a person writes there.
CREATE INDEX audit_log_hand_overs ON audit_log (created_at) WHERE action = 'hand_over';

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
    updated_at       timestamptz NOT NULL DEFAULT now(),
    read_from        timestamptz,
    -- Earlier mail is context and never answered.
    connected_at     timestamptz NOT NULL DEFAULT now(),
    -- Where a provider has no history id: its own position.
    cursor           text,
    failing_since    timestamptz,
    last_error       text
);
CREATE TRIGGER gmail_mailboxes_touch BEFORE UPDATE ON gmail_mailboxes FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- Mailboxes beside the one of the settings. The secret is the name of a variable or file.
CREATE TABLE mailboxes (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    address    text NOT NULL UNIQUE CHECK (address = lower(address)),
    kind       text NOT NULL,
    settings   jsonb NOT NULL DEFAULT '{}',
    secret     text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The role that the running system takes: it reads and writes rows, and can change no table, no function
-- and no line of the audit log. Who applies the migrations stays the owner of everything.
--
-- A server that forbids creating roles (some hosted ones) leaves the system working under the owner's own
-- role: start it without a role then, or have an administrator create `fte_app` beforehand.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fte_app') THEN
        BEGIN
            CREATE ROLE fte_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
        EXCEPTION
            -- Roles belong to the whole server: another database's migration may have been faster.
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE NOTICE 'role fte_app was not created: no privilege to create roles';
                RETURN;
        END;
    END IF;
    BEGIN
        EXECUTE format('GRANT fte_app TO %I', current_user);
    EXCEPTION
        WHEN insufficient_privilege THEN
            RAISE NOTICE 'role fte_app can not be taken: an administrator has to grant it';
    END;

    EXECUTE format('GRANT USAGE ON SCHEMA %I TO fte_app', current_schema());
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO fte_app', current_schema());
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO fte_app', current_schema());
    REVOKE UPDATE, DELETE ON audit_log FROM fte_app;
    REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM fte_app;

    -- What later migrations add is open to the role as well.
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO fte_app',
        current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE ON SEQUENCES TO fte_app', current_schema());
END $$;

-- Vectors of several models may stand side by side; the alias names the one that searches read.
CREATE TABLE embedding_models (
    model_id   text PRIMARY KEY,
    dimension  integer NOT NULL CHECK (dimension > 0),
    -- How it compared with the model it took over from, when it did.
    comparison jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE knowledge_alias (
    name              text PRIMARY KEY CHECK (name = 'live'),
    model_id          text NOT NULL REFERENCES embedding_models (model_id),
    previous_model_id text REFERENCES embedding_models (model_id),
    switched_by       text NOT NULL,
    switched_at       timestamptz NOT NULL DEFAULT now()
);

-- How sure a search must be, calibrated to the articles that are there, for each model of the knowledge base.
CREATE TABLE knowledge_gates (
    model_id        text PRIMARY KEY REFERENCES embedding_models (model_id) ON DELETE CASCADE,
    answer_from     double precision NOT NULL,
    offer_from      double precision NOT NULL,
    expected_wrong  double precision NOT NULL,
    expected_missed double precision NOT NULL,
    questions       integer NOT NULL,
    labelled        integer NOT NULL,
    articles        text NOT NULL,
    calibrated_at   timestamptz NOT NULL DEFAULT now()
);

-- Every text that an article ever had; knowledge_base holds the newest alone.
CREATE TABLE knowledge_versions (
    article_id uuid NOT NULL,
    version    integer NOT NULL,
    title      text NOT NULL,
    category   text NOT NULL,
    content    text NOT NULL,
    source     text NOT NULL,
    url        text,
    author     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    language text,
    expires_at timestamptz,
    is_whole boolean NOT NULL DEFAULT false,
    is_internal boolean NOT NULL DEFAULT false,
    restored_from integer,
    PRIMARY KEY (article_id, version)
);

-- Articles as people write them, beside the index of what searches find: drafts, who may read them, and their origin.
CREATE TABLE articles (
    id uuid PRIMARY KEY,
    -- The newest; `published_version` is the one in knowledge_base, null before the first publication.
    version integer NOT NULL,
    published_version integer,
    state text NOT NULL CHECK (state IN ('draft', 'published', 'unpublished')),
    source text NOT NULL,
    -- Of what the source said when it was read last; null for what people wrote here.
    origin_hash text,
    -- A person changed it since: it stays until the source says something else.
    is_edited boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (id, version) REFERENCES knowledge_versions (article_id, version)
);
CREATE INDEX articles_source ON articles (source);

-- The searches without an answer that a draft was begun for.
CREATE TABLE article_evidence (
    article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    -- Without personal data; empty once the customer is erased.
    question text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (article_id, conversation_id)
);
CREATE INDEX article_evidence_conversation ON article_evidence (conversation_id);

-- Help sites that are read again and again.
CREATE TABLE knowledge_sources (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    url text NOT NULL UNIQUE,
    include text[] NOT NULL DEFAULT '{}',
    exclude text[] NOT NULL DEFAULT '{}',
    every_hours integer NOT NULL CHECK (every_hours > 0),
    added_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    next_crawl_at timestamptz NOT NULL DEFAULT now(),
    requested_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    -- Counts and problems of the last crawl; `error` where the site could not be read at all.
    report jsonb,
    error text
);

CREATE TABLE crawled_pages (
    source_id uuid NOT NULL REFERENCES knowledge_sources (id) ON DELETE CASCADE,
    url text NOT NULL,
    -- Null for a page that holds no article.
    article_id uuid,
    etag text,
    last_modified text,
    content_hash text NOT NULL,
    links text[] NOT NULL DEFAULT '{}',
    -- Crawls in a row that found no way to it.
    missed integer NOT NULL DEFAULT 0,
    fetched_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source_id, url)
);
CREATE TABLE knowledge_candidates (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    title      text NOT NULL,
    text       text NOT NULL,
    category   text NOT NULL,
    -- Held: an approval was tried and would have made other answers worse, or tickets disagree.
    state      text NOT NULL DEFAULT 'proposed'
        CHECK (state IN ('proposed', 'held', 'approved', 'rejected', 'withdrawn')),
    reason     text,
    evaluation jsonb,
    article_id uuid,
    decided_by text,
    decided_at timestamptz,
    -- From then on the article is no longer found: what people knew once may have changed.
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (state <> 'approved' OR article_id IS NOT NULL)
);
CREATE INDEX knowledge_candidates_state ON knowledge_candidates (state, created_at);
CREATE TRIGGER knowledge_candidates_touch BEFORE UPDATE ON knowledge_candidates
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE candidate_evidence (
    candidate_id uuid NOT NULL REFERENCES knowledge_candidates (id) ON DELETE CASCADE,
    ticket_id    uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    -- What that ticket's customer asked, without personal data.
    question     text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (candidate_id, ticket_id)
);
CREATE INDEX candidate_evidence_ticket ON candidate_evidence (ticket_id);

-- Resolutions that were looked at, and what came of each.
CREATE TABLE learned_tickets (
    ticket_id   uuid PRIMARY KEY REFERENCES tickets (id) ON DELETE CASCADE,
    resolved_at timestamptz NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('candidate', 'evidence', 'known', 'hard_limit', 'one_off', 'private',
        'nothing_general', 'contradiction', 'disputed', 'rejected_before')),
    -- The article that says it already, or that says the opposite.
    article_id  uuid,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- What speaks against an article: tickets that its answer named, after a thumbs-down or when they were reopened, and
-- answers of staff that contradict it.
CREATE VIEW article_complaints AS
WITH used AS (
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
SELECT a.id AS article_id, coalesce(c.down_votes, 0) AS down_votes, coalesce(c.up_votes, 0) AS up_votes,
    coalesce(c.reopened, 0) AS reopened, coalesce(o.contradicted, 0) AS contradicted
FROM articles a LEFT JOIN complaint c ON c.article_id = a.id LEFT JOIN opposed o ON o.article_id = a.id;

-- Questions whose right article is known: nothing is published that takes one of them away from it.
CREATE TABLE regression_questions (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    question   text NOT NULL CHECK (question <> ''),
    article_id uuid NOT NULL,
    origin     text NOT NULL CHECK (origin IN ('confirmed', 'candidate', 'staff')),
    ticket_id  uuid REFERENCES tickets (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (article_id, question)
);
CREATE INDEX regression_questions_ticket ON regression_questions (ticket_id) WHERE ticket_id IS NOT NULL;

-- One day's figures, kept as they were when the day was over.

CREATE TABLE daily_digests (
    day         date PRIMARY KEY,
    -- Tickets are named by their numbers: a customer's words are looked up when the digest is read.
    body        jsonb NOT NULL,
    computed_at timestamptz NOT NULL DEFAULT now(),
    mailed_at   timestamptz
);

-- What a provider said about a message before our own record of its id: applied once that record is written.

-- Mail as it came, for whoever doubts what was made of it. Kept for 90 days.
CREATE TABLE raw_messages (
    message_id uuid PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    -- At most the first MiB; `size` says how long the whole was.
    content    bytea NOT NULL,
    size       integer NOT NULL,
    stored_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX raw_messages_age ON raw_messages (stored_at);

CREATE TABLE early_delivery_statuses (
    channel             channel NOT NULL,
    -- Its hash: nobody knows yet whose it is, so an erasure could not find it.
    provider_message_id text NOT NULL,
    state               text NOT NULL,
    error_code          text,
    received_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (channel, provider_message_id)
);
CREATE INDEX early_delivery_statuses_age ON early_delivery_statuses (received_at);

-- The processes that read topics: one that was not seen for some seconds is dead or stands still.
CREATE TABLE readers (
    id      uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT now()
);

-- The company profile, one row a version; the newest is in force.
CREATE TABLE company_profiles (
    version integer PRIMARY KEY CHECK (version > 0),
    document jsonb NOT NULL,
    author text NOT NULL,
    restored_from integer REFERENCES company_profiles,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Which message told its customer that an AI writes, once a conversation and channel unless it was never sent.
CREATE TABLE disclosures (
    message_id      uuid PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    channel         channel NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX disclosures_conversation ON disclosures (conversation_id, channel);

-- Whether the customer has seen what stands on the page of a form's ticket, and up to where a mail has told of it.
CREATE TABLE form_pages (
    conversation_id uuid PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    seen_at         timestamptz,
    -- A page that polls asks again until then.
    watched_until   timestamptz,
    told_position   bigint NOT NULL DEFAULT 0
);

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

-- Who leads. A lease ends by time, so a process that stands still is replaced; the token rises with every holder.
CREATE TABLE leases (
    name       text PRIMARY KEY,
    holder     text NOT NULL,
    token      bigint NOT NULL CHECK (token > 0),
    since      timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL
);

-- How the last real work of a part went, written by whoever did it and read by health, alerts and metrics.
CREATE TABLE component_states (
    component     text PRIMARY KEY,
    reported_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    succeeded_at  timestamptz,
    failing_since timestamptz,
    last_error    text
);

-- What people are told of: one event, and a notification for each route and step.
CREATE TABLE notification_events (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    type            text NOT NULL,
    conversation_id uuid REFERENCES conversations (id) ON DELETE CASCADE,
    -- Of what goes on for a time, such as an alert: one event while it lasts.
    key             text,
    data            jsonb NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text
);
CREATE UNIQUE INDEX notification_events_lasting ON notification_events (key) WHERE key IS NOT NULL AND ended_at IS NULL;
CREATE INDEX notification_events_ended ON notification_events (key, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX notification_events_conversation ON notification_events (conversation_id) WHERE acknowledged_at IS NULL;
CREATE INDEX notification_events_time ON notification_events (created_at);

CREATE TABLE notifications (
    -- The webhook-id, the same at every attempt.
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id   uuid NOT NULL REFERENCES notification_events (id) ON DELETE CASCADE,
    type       text NOT NULL,
    route      text NOT NULL,
    step       integer NOT NULL CHECK (step >= 0),
    state      text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sending', 'sent', 'unsure', 'failed', 'dropped')),
    -- Not before then: after quiet hours, or the time of the next attempt.
    due_at     timestamptz NOT NULL,
    -- When the next step follows unless somebody acts; NULL once it has, or where nothing follows.
    repeat_at  timestamptz,
    attempts   integer NOT NULL DEFAULT 0,
    sent_at    timestamptz,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- An event makes one notification a route and step, however often it is told of.
    UNIQUE (event_id, route, step)
);
CREATE INDEX notifications_due ON notifications (due_at) WHERE state = 'due';
CREATE INDEX notifications_sending ON notifications (id) WHERE state = 'sending';
CREATE INDEX notifications_repeat ON notifications (repeat_at) WHERE repeat_at IS NOT NULL;
CREATE INDEX notifications_time ON notifications (created_at DESC, id DESC);

CREATE FUNCTION notify_notification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('notification', '');
    RETURN NULL;
END $$;
CREATE TRIGGER notifications_notify AFTER INSERT ON notifications FOR EACH STATEMENT EXECUTE FUNCTION notify_notification();

-- The time in which a person has to answer, while a conversation waits for one.
CREATE TABLE answer_clocks (
    conversation_id uuid PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    kind            text NOT NULL CHECK (kind IN ('first_response', 'next_response')),
    started_at      timestamptz NOT NULL,
    warn_at         timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    -- What was told of it so far.
    told            text NOT NULL DEFAULT 'nothing' CHECK (told IN ('nothing', 'warning', 'breach')),
    priority        text NOT NULL,
    -- Of the company profile whose hours it counts by.
    profile_version integer NOT NULL
);
CREATE INDEX answer_clocks_due ON answer_clocks (warn_at, due_at) WHERE told <> 'breach';

-- How long customers waited for a person's answer, in opening hours.
CREATE TABLE answered_waits (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    channel         channel NOT NULL,
    waited          interval NOT NULL CHECK (waited >= interval '0'),
    answered_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX answered_waits_time ON answered_waits (answered_at);

-- Who may call the staff API: by a key, or vouched for by the identity provider. A withdrawn one stays for the audit log.
CREATE TABLE staff_accounts (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name         text NOT NULL,
    email        text,
    role         text NOT NULL CHECK (role IN ('viewer', 'agent', 'editor', 'admin')),
    -- Of the key: its public part, and a keyed digest of the whole.
    key_lookup   text UNIQUE,
    key_salt     bytea,
    key_digest   bytea,
    issuer       text,
    subject      text,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz,
    withdrawn_at timestamptz,
    UNIQUE (issuer, subject),
    CHECK ((issuer IS NULL) = (subject IS NULL)),
    CHECK ((key_lookup IS NULL) = (key_digest IS NULL) AND (key_lookup IS NULL) = (key_salt IS NULL))
);
CREATE UNIQUE INDEX staff_accounts_name ON staff_accounts (lower(name)) WHERE withdrawn_at IS NULL;

-- Sessions of the console; only a digest of each cookie is kept.
CREATE TABLE staff_sessions (
    token_digest bytea PRIMARY KEY,
    account_id   uuid REFERENCES staff_accounts ON DELETE CASCADE,
    -- Without an account: binds the session to a key of the settings.
    key_proof    bytea,
    started_at   timestamptz NOT NULL DEFAULT now(),
    seen_at      timestamptz NOT NULL DEFAULT now(),
    ends_at      timestamptz NOT NULL,
    ended_at     timestamptz,
    CHECK ((account_id IS NULL) <> (key_proof IS NULL))
);
CREATE INDEX staff_sessions_account ON staff_sessions (account_id);
CREATE INDEX staff_sessions_ends_at ON staff_sessions (ends_at);
-- What the agent drafted for a person to approve, from which articles, and what became of it.

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

-- A conversation's place in the staff queue, so that a page walks an index instead of sorting every conversation.
-- Kept by triggers, since tickets and answer clocks decide it as well.
-- Below 10 it is a person's turn: 0 the most urgent priority, what was not answered in time one higher. 10 is the agent's
-- turn, 20 the customer's, 30 nobody's.
CREATE FUNCTION queue_rank(status text, owner text, ticket_status text, priority text, told text) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (CASE WHEN status <> 'open' THEN 30 WHEN ticket_status = 'waiting_customer' THEN 20
        WHEN owner = 'human' OR ticket_status = 'escalated'
            THEN 4 - coalesce(array_position('{low,medium,high,urgent}'::text[], priority), 0)
                - (coalesce(told, '') = 'breach')::integer
        ELSE 10 END)::smallint
$$;

CREATE FUNCTION place_in_queue() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ticket record;
    clock record;
BEGIN
    SELECT t.status, t.priority, t.escalation_reason INTO ticket FROM tickets t WHERE t.conversation_id = NEW.id
        ORDER BY t.status IN ('resolved', 'closed'), t.created_at DESC LIMIT 1;
    SELECT a.told, a.due_at INTO clock FROM answer_clocks a WHERE a.conversation_id = NEW.id;
    NEW.queue_rank := queue_rank(NEW.status, NEW.owner, ticket.status, ticket.priority, clock.told);
    NEW.queue_at := coalesce(clock.due_at, NEW.turn_since);
    NEW.ticket_status := ticket.status;
    NEW.ticket_reason := ticket.escalation_reason;
    RETURN NEW;
END $$;
CREATE TRIGGER conversations_place BEFORE INSERT OR UPDATE OF status, owner, turn_since, queue_rank ON conversations
    FOR EACH ROW EXECUTE FUNCTION place_in_queue();

-- For tables with a conversation_id.
CREATE FUNCTION place_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE conversations SET queue_rank = 0 WHERE id = OLD.conversation_id;
    ELSE
        UPDATE conversations SET queue_rank = 0 WHERE id = NEW.conversation_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tickets_opened_place AFTER INSERT OR DELETE ON tickets FOR EACH ROW EXECUTE FUNCTION place_conversation();
CREATE TRIGGER tickets_place AFTER UPDATE OF status, priority, escalation_reason ON tickets FOR EACH ROW
    WHEN ((OLD.status, OLD.priority, OLD.escalation_reason) IS DISTINCT FROM (NEW.status, NEW.priority, NEW.escalation_reason))
    EXECUTE FUNCTION place_conversation();
CREATE TRIGGER answer_clocks_started_place AFTER INSERT OR DELETE ON answer_clocks
    FOR EACH ROW EXECUTE FUNCTION place_conversation();
CREATE TRIGGER answer_clocks_place AFTER UPDATE OF due_at, told ON answer_clocks FOR EACH ROW
    WHEN (OLD.due_at <> NEW.due_at OR OLD.told <> NEW.told) EXECUTE FUNCTION place_conversation();

-- Columns after the id are for conditions that the index itself can check.
CREATE INDEX conversations_urgent ON conversations (queue_rank, queue_at, id, is_spam, channel, owner, ticket_status, ticket_reason)
    WHERE status <> 'closed';
CREATE INDEX conversations_newest ON conversations (last_message_at, id, is_spam, channel, owner, ticket_status, ticket_reason)
    WHERE status <> 'closed';
CREATE INDEX conversations_waiting ON conversations (queue_rank, queue_at, id, owner_name, channel)
    WHERE status <> 'closed' AND queue_rank < 10 AND snoozed_until IS NULL AND NOT is_spam;
CREATE INDEX conversations_waiting_newest ON conversations (last_message_at, id, owner_name, channel)
    WHERE status <> 'closed' AND queue_rank < 10 AND snoozed_until IS NULL AND NOT is_spam;
CREATE INDEX conversations_mine ON conversations (owner_name, queue_rank, queue_at, id)
    WHERE status <> 'closed' AND snoozed_until IS NULL AND NOT is_spam AND owner_name IS NOT NULL;
CREATE INDEX conversations_spam ON conversations (queue_rank, queue_at, id) WHERE status <> 'closed' AND is_spam;

-- Each letter and each two in a row of scripts that write words without blanks; NULL for a text without them.
CREATE FUNCTION unspaced_pairs(content text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT substr(run[1], at, size))
    FROM regexp_matches(lower(left(content, 20000)),
            '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+', 'g') AS run,
        generate_series(1, length(run[1])) AS at, generate_series(1, 2) AS size
$$;
CREATE INDEX messages_unspaced ON messages USING gin (unspaced_pairs(content)) WHERE unspaced_pairs(content) IS NOT NULL;

-- What the console's tags, digest and content gaps look for, without reading every row.
CREATE INDEX conversations_tagged ON conversations (last_message_at) WHERE tags <> '{}';
CREATE INDEX tickets_escalated ON tickets (escalated_at) WHERE escalated_at IS NOT NULL;
CREATE INDEX turns_found_nothing ON turns (started_at) WHERE state = 'committed' AND tried @> '{"found_answer": false}';
