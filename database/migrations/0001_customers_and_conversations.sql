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
    UNIQUE (kind, value)
);
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
    last_inbound_at    timestamptz,
    last_message_at    timestamptz NOT NULL DEFAULT now(),
    resolved_at        timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CHECK ((owner = 'human') OR owner_name IS NULL)
);
CREATE INDEX conversations_customer ON conversations (customer_id, last_message_at DESC);
CREATE INDEX conversations_thread ON conversations (channel, provider_thread_id) WHERE provider_thread_id IS NOT NULL;
CREATE TRIGGER conversations_touch BEFORE UPDATE ON conversations FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE turns (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    fence           bigint NOT NULL,
    state           text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'committed', 'superseded', 'failed')),
    outcome         text CHECK (outcome IN ('answered', 'asked_back', 'escalated', 'silent')),
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
        WHEN 'customer' THEN state IN ('waiting', 'answered', 'with_human', 'ignored', 'dead')
        ELSE state IN ('undelivered', 'settled') END),
    -- When it was last put into the outbox: the sweep queues it again when nothing came of that.
    queued_at           timestamptz NOT NULL DEFAULT now(),
    -- Inbound: the turn that answered it. Outbound: the turn that wrote it.
    turn_id             uuid REFERENCES turns (id) ON DELETE SET NULL,
    trace_id            text,
    created_at          timestamptz NOT NULL DEFAULT now()
);
-- A webhook repeated, reordered or raced makes one row.
CREATE UNIQUE INDEX messages_provider_id ON messages (channel, provider_message_id)
    WHERE role = 'customer' AND provider_message_id IS NOT NULL;
-- A turn writes one reply.
CREATE UNIQUE INDEX messages_one_reply_a_turn ON messages (turn_id) WHERE role = 'agent';
CREATE INDEX messages_conversation ON messages (conversation_id, position);
CREATE INDEX messages_customer ON messages (customer_id, position DESC);
CREATE INDEX messages_time ON messages (created_at, channel);
CREATE INDEX messages_sender ON messages (sender_id, position DESC) WHERE sender_id IS NOT NULL;
CREATE INDEX messages_unfinished ON messages (queued_at) WHERE state IN ('waiting', 'undelivered');
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
    escalation_reason text CHECK (escalation_reason IN ('pricing', 'refund', 'legal', 'human_request',
        'negative_sentiment', 'no_kb_match', 'model_unavailable', 'repeated_failure', 'loop_guard')),
    escalation_summary text,
    escalated_at      timestamptz,
    resolution_note   text,
    resolved_by       text,
    resolved_at       timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CHECK (status <> 'escalated' OR escalation_reason IS NOT NULL)
);
-- One unresolved ticket a conversation: what a second turn creates is the first one's.
CREATE UNIQUE INDEX tickets_one_open ON tickets (conversation_id) WHERE status NOT IN ('resolved', 'closed');
CREATE INDEX tickets_customer ON tickets (customer_id, created_at DESC);
CREATE INDEX tickets_status ON tickets (status, created_at);
CREATE TRIGGER tickets_touch BEFORE UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE feedback (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_id  uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    helpful    boolean NOT NULL,
    comment    text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX feedback_ticket ON feedback (ticket_id);
