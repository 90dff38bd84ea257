--
-- PostgreSQL database dump
--


-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: vector; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;


--
-- Name: EXTENSION vector; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION vector IS 'vector data type and ivfflat and hnsw access methods';


--
-- Name: assurance; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.assurance AS ENUM (
    'claimed',
    'provider_attested',
    'verified'
);


--
-- Name: channel; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.channel AS ENUM (
    'web_form',
    'email',
    'whatsapp'
);


--
-- Name: current_customer(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.current_customer(id uuid) RETURNS uuid
    LANGUAGE sql STABLE
    AS $_$
    WITH RECURSIVE chain AS (
        SELECT customers.id, customers.merged_into FROM customers WHERE customers.id = $1
        UNION
        SELECT next.id, next.merged_into FROM customers next JOIN chain ON next.id = chain.merged_into
    )
    SELECT chain.id FROM chain WHERE chain.merged_into IS NULL
$_$;


--
-- Name: delivery_rank(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.delivery_rank(state text) RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE state
        WHEN 'queued' THEN 0 WHEN 'sending' THEN 1
        WHEN 'unsure' THEN 2 WHEN 'parked' THEN 2 WHEN 'suppressed' THEN 2
        WHEN 'sent' THEN 3 WHEN 'delivered' THEN 4 WHEN 'failed' THEN 4 WHEN 'read' THEN 5 END
$$;


--
-- Name: lock_customer(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lock_customer(id uuid) RETURNS uuid
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: notify_conversation(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.notify_conversation() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('conversation', NEW.id::text);
    RETURN NULL;
END $$;


--
-- Name: notify_message(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.notify_message() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('conversation', NEW.conversation_id::text);
    RETURN NULL;
END $$;


--
-- Name: notify_outbox(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.notify_outbox() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('outbox', '');
    RETURN NULL;
END $$;


--
-- Name: refuse_change(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever appended to';
END $$;


--
-- Name: touch_updated_at(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: agent_metrics; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.agent_metrics (
    id bigint NOT NULL,
    turn_id uuid,
    conversation_id uuid,
    channel public.channel NOT NULL,
    outcome text NOT NULL,
    reason text,
    latency_ms double precision NOT NULL,
    sentiment real,
    searches integer DEFAULT 0 NOT NULL,
    best_similarity real,
    model text DEFAULT ''::text NOT NULL,
    input_tokens integer DEFAULT 0 NOT NULL,
    output_tokens integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT agent_metrics_latency_ms_check CHECK ((latency_ms >= (0)::double precision)),
    CONSTRAINT agent_metrics_outcome_check CHECK ((outcome = ANY (ARRAY['answered'::text, 'asked_back'::text, 'escalated'::text, 'silent'::text])))
);


--
-- Name: agent_metrics_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.agent_metrics ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.agent_metrics_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: audit_log; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_log (
    id bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: audit_log_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.audit_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: candidate_evidence; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.candidate_evidence (
    candidate_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    question text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: channel_configs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.channel_configs (
    channel public.channel NOT NULL,
    tone text NOT NULL,
    greeting text DEFAULT ''::text NOT NULL,
    signature text DEFAULT ''::text NOT NULL,
    max_words integer,
    preferred_chars integer,
    max_chars integer,
    burst_window interval DEFAULT '00:00:00'::interval NOT NULL,
    templates jsonb DEFAULT '{}'::jsonb NOT NULL,
    reply_budget_per_hour integer DEFAULT 20 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT channel_configs_max_chars_check CHECK ((max_chars > 0)),
    CONSTRAINT channel_configs_max_words_check CHECK ((max_words > 0)),
    CONSTRAINT channel_configs_preferred_chars_check CHECK ((preferred_chars > 0)),
    CONSTRAINT channel_configs_reply_budget_per_hour_check CHECK ((reply_budget_per_hour > 0))
);


--
-- Name: conversations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.conversations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    customer_id uuid NOT NULL,
    channel public.channel NOT NULL,
    assurance public.assurance NOT NULL,
    subject text,
    status text DEFAULT 'open'::text NOT NULL,
    owner text DEFAULT 'agent'::text NOT NULL,
    owner_name text,
    fence bigint DEFAULT 0 NOT NULL,
    provider_thread_id text,
    sentiment_trend real,
    last_inbound_at timestamp with time zone,
    last_message_at timestamp with time zone DEFAULT now() NOT NULL,
    resolved_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT conversations_check CHECK (((owner = 'human'::text) OR (owner_name IS NULL))),
    CONSTRAINT conversations_owner_check CHECK ((owner = ANY (ARRAY['agent'::text, 'human'::text]))),
    CONSTRAINT conversations_status_check CHECK ((status = ANY (ARRAY['open'::text, 'resolved'::text, 'closed'::text])))
);


--
-- Name: customer_identifiers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.customer_identifiers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    customer_id uuid NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    assurance public.assurance NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT customer_identifiers_kind_check CHECK ((kind = ANY (ARRAY['email'::text, 'phone'::text, 'whatsapp'::text]))),
    CONSTRAINT customer_identifiers_value_check CHECK ((value <> ''::text))
);


--
-- Name: customer_merges; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.customer_merges (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    kept_id uuid NOT NULL,
    merged_id uuid NOT NULL,
    cause text NOT NULL,
    actor text NOT NULL,
    moved jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    undone_at timestamp with time zone,
    CONSTRAINT customer_merges_check CHECK ((kept_id <> merged_id))
);


--
-- Name: customers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.customers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    merged_into uuid,
    opted_out_at timestamp with time zone,
    erased_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT customers_check CHECK ((merged_into <> id))
);


--
-- Name: daily_digests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.daily_digests (
    day date NOT NULL,
    body jsonb NOT NULL,
    computed_at timestamp with time zone DEFAULT now() NOT NULL,
    mailed_at timestamp with time zone
);


--
-- Name: dead_letters; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.dead_letters (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    topic text NOT NULL,
    key text,
    value bytea NOT NULL,
    origin text NOT NULL,
    message_id uuid,
    cause text NOT NULL,
    attempts integer NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    settled_by text,
    settled_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT dead_letters_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT dead_letters_state_check CHECK ((state = ANY (ARRAY['open'::text, 'replayed'::text, 'discarded'::text])))
);


--
-- Name: deliveries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.deliveries (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    message_id uuid NOT NULL,
    channel public.channel NOT NULL,
    attempt integer NOT NULL,
    part integer DEFAULT 0 NOT NULL,
    state text NOT NULL,
    provider_message_id text,
    error_code text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    may_act_until timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT deliveries_attempt_check CHECK ((attempt > 0)),
    CONSTRAINT deliveries_part_check CHECK ((part >= 0)),
    CONSTRAINT deliveries_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'delivered'::text, 'read'::text, 'failed'::text, 'unsure'::text, 'parked'::text, 'suppressed'::text])))
);


--
-- Name: early_delivery_statuses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.early_delivery_statuses (
    channel public.channel NOT NULL,
    provider_message_id text NOT NULL,
    state text NOT NULL,
    error_code text,
    received_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: embedding_models; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.embedding_models (
    model_id text NOT NULL,
    dimension integer NOT NULL,
    comparison jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT embedding_models_dimension_check CHECK ((dimension > 0))
);


--
-- Name: failed_items; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.failed_items (
    job text NOT NULL,
    item text NOT NULL,
    attempts integer NOT NULL,
    retry_at timestamp with time zone,
    cause text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT failed_items_attempts_check CHECK ((attempts >= 0))
);


--
-- Name: feedback; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.feedback (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    ticket_id uuid NOT NULL,
    helpful boolean NOT NULL,
    comment text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: gmail_mailboxes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.gmail_mailboxes (
    address text NOT NULL,
    history_id bigint,
    watch_expires_at timestamp with time zone,
    synced_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    read_from timestamp with time zone
);


--
-- Name: knowledge_alias; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.knowledge_alias (
    name text NOT NULL,
    model_id text NOT NULL,
    previous_model_id text,
    switched_by text NOT NULL,
    switched_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT knowledge_alias_name_check CHECK ((name = 'live'::text))
);


--
-- Name: knowledge_base; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.knowledge_base (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    article_id uuid NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    chunk_index integer NOT NULL,
    title text NOT NULL,
    category text DEFAULT 'general'::text NOT NULL,
    content text NOT NULL,
    content_hash text NOT NULL,
    source text NOT NULL,
    url text,
    model_id text NOT NULL,
    embedding public.vector NOT NULL,
    is_published boolean DEFAULT true NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    dimension integer GENERATED ALWAYS AS (public.vector_dims(embedding)) STORED,
    embedded_text text NOT NULL,
    own_vector public.vector
);


--
-- Name: knowledge_candidates; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.knowledge_candidates (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    category text NOT NULL,
    state text DEFAULT 'proposed'::text NOT NULL,
    reason text,
    evaluation jsonb,
    article_id uuid,
    decided_by text,
    decided_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT knowledge_candidates_check CHECK (((state <> 'approved'::text) OR (article_id IS NOT NULL))),
    CONSTRAINT knowledge_candidates_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'held'::text, 'approved'::text, 'rejected'::text, 'withdrawn'::text])))
);


--
-- Name: knowledge_versions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.knowledge_versions (
    article_id uuid NOT NULL,
    version integer NOT NULL,
    title text NOT NULL,
    category text NOT NULL,
    content text NOT NULL,
    source text NOT NULL,
    url text,
    author text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: learned_tickets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.learned_tickets (
    ticket_id uuid NOT NULL,
    resolved_at timestamp with time zone NOT NULL,
    outcome text NOT NULL,
    article_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT learned_tickets_outcome_check CHECK ((outcome = ANY (ARRAY['candidate'::text, 'evidence'::text, 'known'::text, 'hard_limit'::text, 'one_off'::text, 'private'::text, 'nothing_general'::text, 'contradiction'::text, 'disputed'::text, 'rejected_before'::text])))
);


--
-- Name: messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "position" bigint NOT NULL,
    conversation_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    channel public.channel NOT NULL,
    role text NOT NULL,
    sender_id uuid,
    author text,
    content text NOT NULL,
    raw_content text,
    provider_message_id text,
    message_id_header text,
    reference_headers text[] DEFAULT '{}'::text[] NOT NULL,
    attachments jsonb DEFAULT '[]'::jsonb NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    sentiment real,
    state text NOT NULL,
    queued_at timestamp with time zone DEFAULT now() NOT NULL,
    turn_id uuid,
    trace_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    retry_at timestamp with time zone,
    reader uuid,
    strikes integer DEFAULT 0 NOT NULL,
    CONSTRAINT messages_check CHECK (
CASE role
    WHEN 'customer'::text THEN (state = ANY (ARRAY['waiting'::text, 'answered'::text, 'with_human'::text, 'ignored'::text, 'dead'::text]))
    ELSE (state = ANY (ARRAY['undelivered'::text, 'settled'::text]))
END),
    CONSTRAINT messages_role_check CHECK ((role = ANY (ARRAY['customer'::text, 'agent'::text, 'staff'::text]))),
    CONSTRAINT messages_sentiment_check CHECK (((sentiment >= (0)::double precision) AND (sentiment <= (1)::double precision)))
);


--
-- Name: messages_position_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.messages ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.messages_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: outbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.outbox (
    id bigint NOT NULL,
    topic text NOT NULL,
    key uuid NOT NULL,
    value jsonb NOT NULL,
    headers jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    published_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    retry_at timestamp with time zone,
    put_aside_at timestamp with time zone,
    cause text,
    CONSTRAINT outbox_attempts_check CHECK ((attempts >= 0))
);


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: raw_messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.raw_messages (
    message_id uuid NOT NULL,
    content bytea NOT NULL,
    size integer NOT NULL,
    stored_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: readers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.readers (
    id uuid NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: regression_questions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.regression_questions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    question text NOT NULL,
    article_id uuid NOT NULL,
    origin text NOT NULL,
    ticket_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT regression_questions_origin_check CHECK ((origin = ANY (ARRAY['confirmed'::text, 'candidate'::text, 'staff'::text]))),
    CONSTRAINT regression_questions_question_check CHECK ((question <> ''::text))
);


--
-- Name: schema_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_migrations (
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: tickets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tickets (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    customer_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    source_channel public.channel NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    category text NOT NULL,
    priority text NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    escalation_reason text,
    escalation_summary text,
    escalated_at timestamp with time zone,
    resolution_note text,
    resolved_by text,
    resolved_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    reopened integer DEFAULT 0 NOT NULL,
    CONSTRAINT tickets_category_check CHECK ((category = ANY (ARRAY['general'::text, 'technical'::text, 'billing'::text, 'bug_report'::text, 'feedback'::text]))),
    CONSTRAINT tickets_check CHECK (((status <> 'escalated'::text) OR (escalation_reason IS NOT NULL))),
    CONSTRAINT tickets_escalation_reason_check CHECK ((escalation_reason = ANY (ARRAY['pricing'::text, 'refund'::text, 'legal'::text, 'human_request'::text, 'negative_sentiment'::text, 'no_kb_match'::text, 'model_unavailable'::text, 'repeated_failure'::text, 'loop_guard'::text, 'delivery_failed'::text]))),
    CONSTRAINT tickets_number_check CHECK ((number ~ '^TKT-[0-9A-HJKMNP-TV-Z]{8,}$'::text)),
    CONSTRAINT tickets_priority_check CHECK ((priority = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'urgent'::text]))),
    CONSTRAINT tickets_status_check CHECK ((status = ANY (ARRAY['open'::text, 'in_progress'::text, 'waiting_customer'::text, 'escalated'::text, 'resolved'::text, 'closed'::text])))
);


--
-- Name: turns; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.turns (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    conversation_id uuid NOT NULL,
    fence bigint NOT NULL,
    state text DEFAULT 'running'::text NOT NULL,
    outcome text,
    reason text,
    model text DEFAULT ''::text NOT NULL,
    tried jsonb DEFAULT '{}'::jsonb NOT NULL,
    trace_id text,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT turns_outcome_check CHECK ((outcome = ANY (ARRAY['answered'::text, 'asked_back'::text, 'escalated'::text, 'silent'::text]))),
    CONSTRAINT turns_state_check CHECK ((state = ANY (ARRAY['running'::text, 'committed'::text, 'superseded'::text, 'failed'::text])))
);


--
-- Data for Name: agent_metrics; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.agent_metrics OVERRIDING SYSTEM VALUE VALUES (1, 'f1a201db-ba4d-427f-914d-a270a8f223b0', '1c0f3c7e-80be-4a95-bfbc-dc0ea781eb36', 'email', 'answered', NULL, 1000, NULL, 0, NULL, 'rules', 0, 0, '2026-11-30 21:28:01.453103+00');


--
-- Data for Name: audit_log; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit_log OVERRIDING SYSTEM VALUE VALUES (1, 'rules', 'hand_over', 'conversation', '5fb277be-5d6d-41e6-ae4b-5022fb442533', '{"reason": "refund"}', '2026-11-30 21:28:01.485787+00');
INSERT INTO public.audit_log OVERRIDING SYSTEM VALUE VALUES (2, 'grace', 'take', 'conversation', '8784a946-9969-4927-8ad2-f5c6310594f2', '{}', '2026-11-30 21:28:01.509835+00');
INSERT INTO public.audit_log OVERRIDING SYSTEM VALUE VALUES (3, 'grace', 'reply', 'conversation', '8784a946-9969-4927-8ad2-f5c6310594f2', '{}', '2026-11-30 21:28:01.515233+00');
INSERT INTO public.audit_log OVERRIDING SYSTEM VALUE VALUES (4, 'grace', 'resolve', 'conversation', '6117ce25-40d5-46a4-90e6-92656149d0c3', '{}', '2026-11-30 21:28:01.550023+00');
INSERT INTO public.audit_log OVERRIDING SYSTEM VALUE VALUES (5, 'dead_letter', 'hand_over', 'conversation', '92f5a3b8-2c94-47a3-abe9-97c6c544eba4', '{"reason": "repeated_failure"}', '2026-11-30 21:28:01.565558+00');


--
-- Data for Name: candidate_evidence; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: channel_configs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.channel_configs VALUES ('web_form', 'semi-formal', 'Hello {name},', 'Your ticket is {ticket}.
TechCorp Support', 300, NULL, NULL, '00:00:00', '{}', 20, '2026-11-30 21:28:01.36108+00', '2026-11-30 21:28:01.36108+00');
INSERT INTO public.channel_configs VALUES ('email', 'formal', 'Dear {name},', 'Kind regards,
TechCorp Support
Ticket {ticket}', 500, NULL, NULL, '00:00:00', '{}', 20, '2026-11-30 21:28:01.36108+00', '2026-11-30 21:28:01.36108+00');
INSERT INTO public.channel_configs VALUES ('whatsapp', 'conversational', '', '', NULL, 300, 1600, '00:00:02', '{}', 20, '2026-11-30 21:28:01.36108+00', '2026-11-30 21:28:01.36108+00');


--
-- Data for Name: conversations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.conversations VALUES ('2b13353d-c674-41ce-a9c9-7dcbe9c46711', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'web_form', 'claimed', 'Export', 'open', 'agent', NULL, 0, NULL, NULL, '2026-11-30 21:28:01.388434+00', '2026-11-30 21:28:01.388589+00', NULL, '2026-11-30 21:28:01.388589+00', '2026-11-30 21:28:01.388589+00');
INSERT INTO public.conversations VALUES ('5fb277be-5d6d-41e6-ae4b-5022fb442533', '6fe8e6ac-e42c-447c-ba40-b9aba66eba07', 'whatsapp', 'provider_attested', 'Export', 'open', 'human', NULL, 0, NULL, NULL, '2026-11-30 21:28:01.479469+00', '2026-11-30 21:28:01.479587+00', NULL, '2026-11-30 21:28:01.479587+00', '2026-11-30 21:28:01.485787+00');
INSERT INTO public.conversations VALUES ('8784a946-9969-4927-8ad2-f5c6310594f2', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'web_form', 'claimed', 'Export', 'open', 'human', 'grace', 2, NULL, NULL, '2026-11-30 21:28:01.496346+00', '2026-11-30 21:28:01.515233+00', NULL, '2026-11-30 21:28:01.496439+00', '2026-11-30 21:28:01.515233+00');
INSERT INTO public.conversations VALUES ('6117ce25-40d5-46a4-90e6-92656149d0c3', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'web_form', 'claimed', 'Export', 'resolved', 'agent', NULL, 1, NULL, NULL, '2026-11-30 21:28:01.532476+00', '2026-11-30 21:28:01.532656+00', '2026-11-30 21:28:01.550023+00', '2026-11-30 21:28:01.532656+00', '2026-11-30 21:28:01.550023+00');
INSERT INTO public.conversations VALUES ('92f5a3b8-2c94-47a3-abe9-97c6c544eba4', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'web_form', 'claimed', 'Export', 'open', 'human', NULL, 1, NULL, NULL, '2026-11-30 21:28:01.556054+00', '2026-11-30 21:28:01.565558+00', NULL, '2026-11-30 21:28:01.556168+00', '2026-11-30 21:28:01.565558+00');
INSERT INTO public.conversations VALUES ('1c0f3c7e-80be-4a95-bfbc-dc0ea781eb36', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'email', 'provider_attested', 'Export', 'open', 'agent', NULL, 1, NULL, NULL, '2026-11-30 21:28:01.424073+00', '2026-11-30 21:28:01.453103+00', NULL, '2026-11-30 21:28:01.424213+00', '2026-11-30 21:28:01.600714+00');


--
-- Data for Name: customer_identifiers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.customer_identifiers VALUES ('946884e6-1304-4c07-9e31-34d8208d52e2', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'email', 'ann@example.com', 'provider_attested', '2026-11-30 21:28:01.388589+00', '2026-11-30 21:28:01.424213+00');
INSERT INTO public.customer_identifiers VALUES ('3b5bb4eb-0f49-4259-869e-9b48a2ab1027', '6fe8e6ac-e42c-447c-ba40-b9aba66eba07', 'phone', '+4915187654321', 'provider_attested', '2026-11-30 21:28:01.479587+00', '2026-11-30 21:28:01.479587+00');


--
-- Data for Name: customer_merges; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: customers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.customers VALUES ('dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'Ann', NULL, NULL, NULL, '2026-11-30 21:28:01.388589+00', '2026-11-30 21:28:01.388589+00');
INSERT INTO public.customers VALUES ('6fe8e6ac-e42c-447c-ba40-b9aba66eba07', 'Ann', NULL, NULL, NULL, '2026-11-30 21:28:01.479587+00', '2026-11-30 21:28:01.479587+00');


--
-- Data for Name: daily_digests; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: dead_letters; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.dead_letters VALUES ('3508f97d-97aa-457c-876f-c083b8091121', 'fte.tickets.incoming', 'key', '\x7b7d', 'fte.tickets.incoming/0/1', '3c9bc4d8-1b5c-46f3-895c-def68acfe924', 'it fails every time', 10, 'open', NULL, NULL, '2026-11-30 21:28:01.565558+00');


--
-- Data for Name: deliveries; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: early_delivery_statuses; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: embedding_models; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: failed_items; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: feedback; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: gmail_mailboxes; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: knowledge_alias; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: knowledge_base; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: knowledge_candidates; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: knowledge_versions; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: learned_tickets; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: messages; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES ('24dcdc0f-3b37-4a5d-afdf-640ae5917c8c', 1, '2b13353d-c674-41ce-a9c9-7dcbe9c46711', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'web_form', 'customer', '946884e6-1304-4c07-9e31-34d8208d52e2', NULL, 'How do I export my data?', 'How do I export my data?
-- 
Ann', '7934157daf6646a4b7d301b76ae72d45', NULL, '{}', '[]', '{}', NULL, 'waiting', '2026-11-30 21:28:01.388589+00', NULL, 'e6a7d69340d7e3d2edba25d4f6db4d45', '2026-11-30 21:28:01.388589+00', 0, NULL, NULL, 0);
INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES ('76573d46-836a-46c6-8244-94b9f54704c5', 3, '1c0f3c7e-80be-4a95-bfbc-dc0ea781eb36', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'email', 'agent', NULL, 'rules', 'Open Settings, then Export.', NULL, NULL, NULL, '{}', '[]', '{}', NULL, 'undelivered', '2026-11-30 21:28:01.453103+00', 'f1a201db-ba4d-427f-914d-a270a8f223b0', NULL, '2026-11-30 21:28:01.453103+00', 0, NULL, NULL, 0);
INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES ('2302539f-620e-413c-940a-293585baeb53', 2, '1c0f3c7e-80be-4a95-bfbc-dc0ea781eb36', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'email', 'customer', '946884e6-1304-4c07-9e31-34d8208d52e2', NULL, 'How do I export my data?', 'How do I export my data?
-- 
Ann', 'f996083cec4a40ec966e8fca38c93156', NULL, '{}', '[]', '{}', NULL, 'answered', '2026-11-30 21:28:01.424213+00', 'f1a201db-ba4d-427f-914d-a270a8f223b0', '00000000000000000000000000000000', '2026-11-30 21:28:01.424213+00', 0, NULL, NULL, 0);
INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES ('9d67e13e-7ba6-428e-aef6-690b69031883', 4, '5fb277be-5d6d-41e6-ae4b-5022fb442533', '6fe8e6ac-e42c-447c-ba40-b9aba66eba07', 'whatsapp', 'customer', '3b5bb4eb-0f49-4259-869e-9b48a2ab1027', NULL, 'How do I export my data?', 'How do I export my data?
-- 
Ann', 'ce1d20ef902a4c819140a8265ab7edde', NULL, '{}', '[]', '{}', NULL, 'waiting', '2026-11-30 21:28:01.479587+00', NULL, '00000000000000000000000000000000', '2026-11-30 21:28:01.479587+00', 0, NULL, NULL, 0);
INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES ('fdfc3758-2592-4bbc-b332-9c3bf932b10f', 6, '8784a946-9969-4927-8ad2-f5c6310594f2', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'web_form', 'staff', NULL, 'grace', 'I had a look.', NULL, NULL, NULL, '{}', '[]', '{}', NULL, 'undelivered', '2026-11-30 21:28:01.515233+00', NULL, '7a6861e4f0cc7f41ff0d6758f0f22c0e', '2026-11-30 21:28:01.515233+00', 0, NULL, NULL, 0);
INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES ('bb99730c-9ae1-4222-a31a-705df88009d7', 5, '8784a946-9969-4927-8ad2-f5c6310594f2', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'web_form', 'customer', '946884e6-1304-4c07-9e31-34d8208d52e2', NULL, 'How do I export my data?', 'How do I export my data?
-- 
Ann', '9a64ccb283c64ee8b69ae14f602ca6e6', NULL, '{}', '[]', '{}', NULL, 'answered', '2026-11-30 21:28:01.496439+00', NULL, '00000000000000000000000000000000', '2026-11-30 21:28:01.496439+00', 0, NULL, NULL, 0);
INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES ('c63b09f8-ce0f-4ca8-853e-20649adf116f', 7, '6117ce25-40d5-46a4-90e6-92656149d0c3', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'web_form', 'customer', '946884e6-1304-4c07-9e31-34d8208d52e2', NULL, 'How do I export my data?', 'How do I export my data?
-- 
Ann', '05770e4232e34f24b7c5af464fdc3b46', NULL, '{}', '[]', '{}', NULL, 'answered', '2026-11-30 21:28:01.532656+00', NULL, '00000000000000000000000000000000', '2026-11-30 21:28:01.532656+00', 0, NULL, NULL, 0);
INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES ('3c9bc4d8-1b5c-46f3-895c-def68acfe924', 8, '92f5a3b8-2c94-47a3-abe9-97c6c544eba4', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'web_form', 'customer', '946884e6-1304-4c07-9e31-34d8208d52e2', NULL, 'How do I export my data?', 'How do I export my data?
-- 
Ann', 'aec7bfcf413b4efea6da4e0336f0e623', NULL, '{}', '[]', '{}', NULL, 'dead', '2026-11-30 21:28:01.556168+00', NULL, 'a13280e1749685ca7e88c4f85f455be7', '2026-11-30 21:28:01.556168+00', 0, NULL, NULL, 0);
INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES ('88781a20-3e32-4396-b6df-6ffd1ee5f49f', 9, '92f5a3b8-2c94-47a3-abe9-97c6c544eba4', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'web_form', 'agent', NULL, 'rules', 'Hello Ann,

I''m sorry, I could not answer your message. It is not lost: I have passed it on to a colleague, who will reply to you. Your ticket number is TKT-C05MDRFFDB.

TechCorp Support', NULL, NULL, NULL, '{}', '[]', '{}', NULL, 'undelivered', '2026-11-30 21:28:01.565558+00', NULL, 'a13280e1749685ca7e88c4f85f455be7', '2026-11-30 21:28:01.565558+00', 0, NULL, NULL, 0);
INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES ('b8c9ee8b-2b67-4fc6-8285-98d2d81869da', 10, '1c0f3c7e-80be-4a95-bfbc-dc0ea781eb36', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', 'email', 'customer', '946884e6-1304-4c07-9e31-34d8208d52e2', NULL, 'I am away.', 'I am away.
-- 
Ann', 'b4d01eeff03a4d2eaf82b51b12ffadfa', NULL, '{}', '[]', '{}', NULL, 'ignored', '2026-11-30 21:28:01.600714+00', NULL, '9ad8fd5e88ee179f23b137f8c0250e4a', '2026-11-30 21:28:01.600714+00', 0, NULL, NULL, 0);


--
-- Data for Name: outbox; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES (1, 'fte.tickets.incoming', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', '{"schema": {"name": "fte.tickets.incoming", "version": 1}, "attempt": 1, "channel": "web_form", "trace_id": "e6a7d69340d7e3d2edba25d4f6db4d45", "message_id": "24dcdc0f-3b37-4a5d-afdf-640ae5917c8c", "customer_id": "dbb9aca1-6da8-4746-ae99-e8e5c7fca51a", "occurred_at": "2026-11-30T21:28:01.388589+00:00", "conversation_id": "2b13353d-c674-41ce-a9c9-7dcbe9c46711"}', '{"traceparent": "00-e6a7d69340d7e3d2edba25d4f6db4d45-d73fce467e6eb456-01"}', '2026-11-30 21:28:01.388589+00', NULL, 0, NULL, NULL, NULL);
INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES (2, 'fte.tickets.outgoing', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', '{"schema": {"name": "fte.tickets.outgoing", "version": 1}, "attempt": 1, "channel": "email", "trace_id": null, "message_id": "76573d46-836a-46c6-8244-94b9f54704c5", "customer_id": "dbb9aca1-6da8-4746-ae99-e8e5c7fca51a", "occurred_at": "2026-11-30T21:28:01.453435+00:00", "conversation_id": "1c0f3c7e-80be-4a95-bfbc-dc0ea781eb36"}', '{}', '2026-11-30 21:28:01.453103+00', NULL, 0, NULL, NULL, NULL);
INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES (3, 'fte.tickets.outgoing', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', '{"schema": {"name": "fte.tickets.outgoing", "version": 1}, "attempt": 1, "channel": "web_form", "trace_id": "7a6861e4f0cc7f41ff0d6758f0f22c0e", "message_id": "fdfc3758-2592-4bbc-b332-9c3bf932b10f", "customer_id": "dbb9aca1-6da8-4746-ae99-e8e5c7fca51a", "occurred_at": "2026-11-30T21:28:01.515629+00:00", "conversation_id": "8784a946-9969-4927-8ad2-f5c6310594f2"}', '{"traceparent": "00-7a6861e4f0cc7f41ff0d6758f0f22c0e-f40d2c6f5767676b-01"}', '2026-11-30 21:28:01.515233+00', NULL, 0, NULL, NULL, NULL);
INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES (4, 'fte.tickets.incoming', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', '{"schema": {"name": "fte.tickets.incoming", "version": 1}, "attempt": 1, "channel": "web_form", "trace_id": "a13280e1749685ca7e88c4f85f455be7", "message_id": "3c9bc4d8-1b5c-46f3-895c-def68acfe924", "customer_id": "dbb9aca1-6da8-4746-ae99-e8e5c7fca51a", "occurred_at": "2026-11-30T21:28:01.556168+00:00", "conversation_id": "92f5a3b8-2c94-47a3-abe9-97c6c544eba4"}', '{"traceparent": "00-a13280e1749685ca7e88c4f85f455be7-d8e9e3bbea4bc94f-01"}', '2026-11-30 21:28:01.556168+00', NULL, 0, NULL, NULL, NULL);
INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES (5, 'fte.tickets.dlq', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', '{"size": 2, "cause": "it fails every time", "origin": "fte.tickets.incoming/0/1", "schema": {"name": "fte.tickets.dlq", "version": 2}, "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "attempt": 10, "channel": "web_form", "trace_id": "a13280e1749685ca7e88c4f85f455be7", "message_id": "3c9bc4d8-1b5c-46f3-895c-def68acfe924", "source_key": "key", "customer_id": "dbb9aca1-6da8-4746-ae99-e8e5c7fca51a", "head_base64": "e30=", "occurred_at": "2026-11-30T21:28:01.572825+00:00", "source_topic": "fte.tickets.incoming", "dead_letter_id": "3508f97d-97aa-457c-876f-c083b8091121", "conversation_id": "92f5a3b8-2c94-47a3-abe9-97c6c544eba4"}', '{"traceparent": "00-a13280e1749685ca7e88c4f85f455be7-c53ccebe04f1931d-01"}', '2026-11-30 21:28:01.565558+00', NULL, 0, NULL, NULL, NULL);
INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES (6, 'fte.tickets.outgoing', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', '{"schema": {"name": "fte.tickets.outgoing", "version": 1}, "attempt": 1, "channel": "web_form", "trace_id": "a13280e1749685ca7e88c4f85f455be7", "message_id": "88781a20-3e32-4396-b6df-6ffd1ee5f49f", "customer_id": "dbb9aca1-6da8-4746-ae99-e8e5c7fca51a", "occurred_at": "2026-11-30T21:28:01.584415+00:00", "conversation_id": "92f5a3b8-2c94-47a3-abe9-97c6c544eba4"}', '{"traceparent": "00-a13280e1749685ca7e88c4f85f455be7-0f55bba94b855ad3-01"}', '2026-11-30 21:28:01.565558+00', NULL, 0, NULL, NULL, NULL);


--
-- Data for Name: raw_messages; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: readers; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: regression_questions; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: schema_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.schema_migrations VALUES (1, 'customers_and_conversations', 'db079cd8c45d2b9c2e60f40c470dd5003e6ef5c65664e70dac856ac190fef849', '2026-11-30 21:28:01.066262+00');
INSERT INTO public.schema_migrations VALUES (2, 'knowledge_and_channels', '73449d93feea30dce5a8c2089d79b6411c2fd9a32d0e6b9946141ce0d9831568', '2026-11-30 21:28:01.174827+00');
INSERT INTO public.schema_migrations VALUES (3, 'outbox_deliveries_and_dead_letters', 'b0aac4eb79b33d3ae197c73db05259db7d6152a73395cf2b4be2524dac052529', '2026-11-30 21:28:01.19721+00');
INSERT INTO public.schema_migrations VALUES (4, 'application_role', '1c995ff91429a7befeae2050555456e5e465d5a056c6f71f6d9376c5e4b5dca0', '2026-11-30 21:28:01.220364+00');
INSERT INTO public.schema_migrations VALUES (5, 'learning', 'e430a31fbf68dd42e19f7943bc9a6861e73bc6ceecfbbe3c56b709c5ba8c1436', '2026-11-30 21:28:01.232344+00');
INSERT INTO public.schema_migrations VALUES (6, 'daily_digests', '9b4a2889a3040ea09c54185325dc87808f7a702e035aa8fc2a7012e749c9d73a', '2026-11-30 21:28:01.268713+00');
INSERT INTO public.schema_migrations VALUES (7, 'early_delivery_statuses', 'd040cc0f6334667dbcf102be30f9c95e0ae46a55d9a71e8eea696d8a8d078dae', '2026-11-30 21:28:01.272209+00');
INSERT INTO public.schema_migrations VALUES (8, 'raw_messages', '3420656c77215cdbc648f0c1ba7be6a0733d2b2c7584f8bf11e6f508b8f8eeba', '2026-11-30 21:28:01.276243+00');
INSERT INTO public.schema_migrations VALUES (9, 'mailbox_full_reads', 'ed8dc075a43c8d2214811a7619f444142b17a7711a529d6dcf1382218e447649', '2026-11-30 21:28:01.28145+00');
INSERT INTO public.schema_migrations VALUES (10, 'findable_knowledge', 'd714f39971b2b5bd8462dee7c28c5c3600c0bb8a84d754beeae8bebdde72c6ed', '2026-11-30 21:28:01.282779+00');
INSERT INTO public.schema_migrations VALUES (11, 'replies_in_order', 'a055f7353823591bb8537025ecd9e6dd9efa6c52b213f4093df24b1f68c71675', '2026-11-30 21:28:01.296469+00');
INSERT INTO public.schema_migrations VALUES (12, 'tickets_by_conversation', '5dd727f2d1dd4d7e59d3467746eacf5a2e6355c5a13d30463666cdef4b16f64b', '2026-11-30 21:28:01.29751+00');
INSERT INTO public.schema_migrations VALUES (13, 'delivery_failed', 'b8713d16ada68648e9a69d36614d4b60f72556761f9a3b50894a3e5f4bce150b', '2026-11-30 21:28:01.312016+00');
INSERT INTO public.schema_migrations VALUES (14, 'rows_with_an_end_of_their_own', 'ae2c50e6f7c73ef115d5b7f92687b6f7fe538c53573234662dddfd8763c8fae8', '2026-11-30 21:28:01.316265+00');
INSERT INTO public.schema_migrations VALUES (15, 'attempts', 'b3cd287afff0e71e1f317c5fed307e49a0a573b8df70c863bae76090f760e700', '2026-11-30 21:28:01.321293+00');
INSERT INTO public.schema_migrations VALUES (16, 'how_long_a_provider_may_act', 'c67682536ce8da58e189254cbbb883f147b9e725e16024fdd1f6162c123d3713', '2026-11-30 21:28:01.325464+00');
INSERT INTO public.schema_migrations VALUES (17, 'notify_of_changed_conversations', '0f95646c9c098277a00fb4ac15b5e571f3dd3131cce32685b9bcb8bbe41561e9', '2026-11-30 21:28:01.341462+00');


--
-- Data for Name: tickets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tickets VALUES ('981f29e2-3342-41e2-a929-32c2e1ceb443', 'TKT-0RTMTVH5NE', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', '2b13353d-c674-41ce-a9c9-7dcbe9c46711', 'web_form', 'Export', 'general', 'medium', 'open', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-30 21:28:01.388589+00', '2026-11-30 21:28:01.388589+00', 0);
INSERT INTO public.tickets VALUES ('e84b14e7-2a45-4a41-a118-d12640f13d46', 'TKT-KFYGHZWGEV', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', '1c0f3c7e-80be-4a95-bfbc-dc0ea781eb36', 'email', 'Export', 'technical', 'medium', 'open', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-30 21:28:01.436492+00', '2026-11-30 21:28:01.436492+00', 0);
INSERT INTO public.tickets VALUES ('2a233ad0-5880-4106-a025-de188cf6ed66', 'TKT-326D6J9V84', '6fe8e6ac-e42c-447c-ba40-b9aba66eba07', '5fb277be-5d6d-41e6-ae4b-5022fb442533', 'whatsapp', 'Export', 'general', 'high', 'escalated', 'refund', 'wants money back', '2026-11-30 21:28:01.485787+00', NULL, NULL, NULL, '2026-11-30 21:28:01.485787+00', '2026-11-30 21:28:01.485787+00', 0);
INSERT INTO public.tickets VALUES ('e4bde7d5-0e4b-4d28-8977-88d178310444', 'TKT-JMJCFE1A30', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', '8784a946-9969-4927-8ad2-f5c6310594f2', 'web_form', 'Export', 'technical', 'medium', 'waiting_customer', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-30 21:28:01.503619+00', '2026-11-30 21:28:01.515233+00', 0);
INSERT INTO public.tickets VALUES ('f86c77a1-8f51-44b3-ab8d-0e8449be2e40', 'TKT-9Z43DC9YXR', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', '6117ce25-40d5-46a4-90e6-92656149d0c3', 'web_form', 'Export', 'technical', 'medium', 'resolved', NULL, NULL, NULL, 'Restarted the export.', 'grace', '2026-11-30 21:28:01.550023+00', '2026-11-30 21:28:01.541215+00', '2026-11-30 21:28:01.550023+00', 0);
INSERT INTO public.tickets VALUES ('2aea8cba-46c4-4cf6-b6d5-4677ca915b07', 'TKT-C05MDRFFDB', 'dbb9aca1-6da8-4746-ae99-e8e5c7fca51a', '92f5a3b8-2c94-47a3-abe9-97c6c544eba4', 'web_form', 'Export', 'general', 'high', 'escalated', 'repeated_failure', 'Could not be processed: it fails every time', '2026-11-30 21:28:01.565558+00', NULL, NULL, NULL, '2026-11-30 21:28:01.556168+00', '2026-11-30 21:28:01.565558+00', 0);


--
-- Data for Name: turns; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.turns VALUES ('f1a201db-ba4d-427f-914d-a270a8f223b0', '1c0f3c7e-80be-4a95-bfbc-dc0ea781eb36', 1, 'committed', 'answered', NULL, 'rules', '{"tools": [], "sources": [], "searches": []}', '00000000000000000000000000000000', '2026-11-30 21:28:01.448446+00', '2026-11-30 21:28:01.453103+00');


--
-- Name: agent_metrics_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.agent_metrics_id_seq', 1, true);


--
-- Name: audit_log_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.audit_log_id_seq', 5, true);


--
-- Name: messages_position_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.messages_position_seq', 10, true);


--
-- Name: outbox_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.outbox_id_seq', 6, true);


--
-- Name: agent_metrics agent_metrics_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agent_metrics
    ADD CONSTRAINT agent_metrics_pkey PRIMARY KEY (id);


--
-- Name: audit_log audit_log_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);


--
-- Name: candidate_evidence candidate_evidence_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.candidate_evidence
    ADD CONSTRAINT candidate_evidence_pkey PRIMARY KEY (candidate_id, ticket_id);


--
-- Name: channel_configs channel_configs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.channel_configs
    ADD CONSTRAINT channel_configs_pkey PRIMARY KEY (channel);


--
-- Name: conversations conversations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);


--
-- Name: customer_identifiers customer_identifiers_kind_value_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.customer_identifiers
    ADD CONSTRAINT customer_identifiers_kind_value_key UNIQUE (kind, value);


--
-- Name: customer_identifiers customer_identifiers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.customer_identifiers
    ADD CONSTRAINT customer_identifiers_pkey PRIMARY KEY (id);


--
-- Name: customer_merges customer_merges_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.customer_merges
    ADD CONSTRAINT customer_merges_pkey PRIMARY KEY (id);


--
-- Name: customers customers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);


--
-- Name: daily_digests daily_digests_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.daily_digests
    ADD CONSTRAINT daily_digests_pkey PRIMARY KEY (day);


--
-- Name: dead_letters dead_letters_origin_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_origin_key UNIQUE (origin);


--
-- Name: dead_letters dead_letters_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id);


--
-- Name: deliveries deliveries_message_id_attempt_part_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_message_id_attempt_part_key UNIQUE (message_id, attempt, part);


--
-- Name: deliveries deliveries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);


--
-- Name: early_delivery_statuses early_delivery_statuses_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.early_delivery_statuses
    ADD CONSTRAINT early_delivery_statuses_pkey PRIMARY KEY (channel, provider_message_id);


--
-- Name: embedding_models embedding_models_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.embedding_models
    ADD CONSTRAINT embedding_models_pkey PRIMARY KEY (model_id);


--
-- Name: failed_items failed_items_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.failed_items
    ADD CONSTRAINT failed_items_pkey PRIMARY KEY (job, item);


--
-- Name: feedback feedback_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_pkey PRIMARY KEY (id);


--
-- Name: gmail_mailboxes gmail_mailboxes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.gmail_mailboxes
    ADD CONSTRAINT gmail_mailboxes_pkey PRIMARY KEY (address);


--
-- Name: knowledge_alias knowledge_alias_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.knowledge_alias
    ADD CONSTRAINT knowledge_alias_pkey PRIMARY KEY (name);


--
-- Name: knowledge_base knowledge_base_article_id_version_chunk_index_model_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.knowledge_base
    ADD CONSTRAINT knowledge_base_article_id_version_chunk_index_model_id_key UNIQUE (article_id, version, chunk_index, model_id);


--
-- Name: knowledge_base knowledge_base_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.knowledge_base
    ADD CONSTRAINT knowledge_base_pkey PRIMARY KEY (id);


--
-- Name: knowledge_candidates knowledge_candidates_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.knowledge_candidates
    ADD CONSTRAINT knowledge_candidates_pkey PRIMARY KEY (id);


--
-- Name: knowledge_versions knowledge_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.knowledge_versions
    ADD CONSTRAINT knowledge_versions_pkey PRIMARY KEY (article_id, version);


--
-- Name: learned_tickets learned_tickets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.learned_tickets
    ADD CONSTRAINT learned_tickets_pkey PRIMARY KEY (ticket_id);


--
-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);


--
-- Name: messages messages_position_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_position_key UNIQUE ("position");


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);


--
-- Name: raw_messages raw_messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.raw_messages
    ADD CONSTRAINT raw_messages_pkey PRIMARY KEY (message_id);


--
-- Name: readers readers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.readers
    ADD CONSTRAINT readers_pkey PRIMARY KEY (id);


--
-- Name: regression_questions regression_questions_article_id_question_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.regression_questions
    ADD CONSTRAINT regression_questions_article_id_question_key UNIQUE (article_id, question);


--
-- Name: regression_questions regression_questions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.regression_questions
    ADD CONSTRAINT regression_questions_pkey PRIMARY KEY (id);


--
-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (number);


--
-- Name: tickets tickets_number_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_number_key UNIQUE (number);


--
-- Name: tickets tickets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (id);


--
-- Name: turns turns_conversation_id_fence_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_conversation_id_fence_key UNIQUE (conversation_id, fence);


--
-- Name: turns turns_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_pkey PRIMARY KEY (id);


--
-- Name: agent_metrics_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX agent_metrics_time ON public.agent_metrics USING btree (created_at, channel);


--
-- Name: audit_log_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_log_subject ON public.audit_log USING btree (subject_kind, subject_id, id);


--
-- Name: candidate_evidence_ticket; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX candidate_evidence_ticket ON public.candidate_evidence USING btree (ticket_id);


--
-- Name: conversations_customer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversations_customer ON public.conversations USING btree (customer_id, last_message_at DESC);


--
-- Name: conversations_thread; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversations_thread ON public.conversations USING btree (channel, provider_thread_id) WHERE (provider_thread_id IS NOT NULL);


--
-- Name: customer_identifiers_customer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX customer_identifiers_customer ON public.customer_identifiers USING btree (customer_id);


--
-- Name: customer_merges_kept; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX customer_merges_kept ON public.customer_merges USING btree (kept_id);


--
-- Name: customer_merges_merged; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX customer_merges_merged ON public.customer_merges USING btree (merged_id);


--
-- Name: customers_merged; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX customers_merged ON public.customers USING btree (merged_into) WHERE (merged_into IS NOT NULL);


--
-- Name: dead_letters_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX dead_letters_open ON public.dead_letters USING btree (created_at) WHERE (state = 'open'::text);


--
-- Name: deliveries_provider_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deliveries_provider_id ON public.deliveries USING btree (channel, provider_message_id) WHERE (provider_message_id IS NOT NULL);


--
-- Name: deliveries_unfinished; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deliveries_unfinished ON public.deliveries USING btree (updated_at) WHERE (state = ANY (ARRAY['queued'::text, 'sending'::text, 'unsure'::text]));


--
-- Name: early_delivery_statuses_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX early_delivery_statuses_age ON public.early_delivery_statuses USING btree (received_at);


--
-- Name: failed_items_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX failed_items_due ON public.failed_items USING btree (job, retry_at) WHERE (retry_at IS NOT NULL);


--
-- Name: feedback_ticket; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX feedback_ticket ON public.feedback USING btree (ticket_id);


--
-- Name: knowledge_base_article; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX knowledge_base_article ON public.knowledge_base USING btree (article_id);


--
-- Name: knowledge_base_embedding; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX knowledge_base_embedding ON public.knowledge_base USING hnsw (((embedding)::public.halfvec(384)) public.halfvec_ip_ops) WITH (m='16', ef_construction='128') WHERE (dimension = 384);


--
-- Name: knowledge_base_embedding_1024; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX knowledge_base_embedding_1024 ON public.knowledge_base USING hnsw (((embedding)::public.halfvec(1024)) public.halfvec_ip_ops) WITH (m='16', ef_construction='128') WHERE (dimension = 1024);


--
-- Name: knowledge_base_embedding_768; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX knowledge_base_embedding_768 ON public.knowledge_base USING hnsw (((embedding)::public.halfvec(768)) public.halfvec_ip_ops) WITH (m='16', ef_construction='128') WHERE (dimension = 768);


--
-- Name: knowledge_base_findable; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX knowledge_base_findable ON public.knowledge_base USING btree (model_id) INCLUDE (expires_at) WHERE is_published;


--
-- Name: knowledge_base_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX knowledge_base_hash ON public.knowledge_base USING btree (content_hash);


--
-- Name: knowledge_base_source; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX knowledge_base_source ON public.knowledge_base USING btree (source);


--
-- Name: knowledge_candidates_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX knowledge_candidates_state ON public.knowledge_candidates USING btree (state, created_at);


--
-- Name: messages_conversation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_conversation ON public.messages USING btree (conversation_id, "position");


--
-- Name: messages_customer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_customer ON public.messages USING btree (customer_id, "position" DESC);


--
-- Name: messages_header; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_header ON public.messages USING btree (message_id_header) WHERE (message_id_header IS NOT NULL);


--
-- Name: messages_one_reply_a_turn; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX messages_one_reply_a_turn ON public.messages USING btree (turn_id) WHERE (role = 'agent'::text);


--
-- Name: messages_provider_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX messages_provider_id ON public.messages USING btree (channel, provider_message_id) WHERE ((role = 'customer'::text) AND (provider_message_id IS NOT NULL));


--
-- Name: messages_retried; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_retried ON public.messages USING btree (customer_id, "position") WHERE ((retry_at IS NOT NULL) AND (state = ANY (ARRAY['waiting'::text, 'undelivered'::text])));


--
-- Name: messages_retry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_retry ON public.messages USING btree (retry_at) WHERE ((retry_at IS NOT NULL) AND (state = ANY (ARRAY['waiting'::text, 'undelivered'::text])));


--
-- Name: messages_sender; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_sender ON public.messages USING btree (sender_id, "position" DESC) WHERE (sender_id IS NOT NULL);


--
-- Name: messages_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_time ON public.messages USING btree (created_at, channel);


--
-- Name: messages_undelivered; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_undelivered ON public.messages USING btree (customer_id, "position") WHERE (state = 'undelivered'::text);


--
-- Name: messages_unfinished; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_unfinished ON public.messages USING btree (queued_at) WHERE (state = ANY (ARRAY['waiting'::text, 'undelivered'::text]));


--
-- Name: messages_unscored; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_unscored ON public.messages USING btree ("position") WHERE ((role = 'customer'::text) AND (sentiment IS NULL) AND (content <> ''::text));


--
-- Name: outbox_published; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX outbox_published ON public.outbox USING btree (published_at) WHERE (published_at IS NOT NULL);


--
-- Name: outbox_put_aside; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX outbox_put_aside ON public.outbox USING btree (put_aside_at) WHERE (put_aside_at IS NOT NULL);


--
-- Name: outbox_unpublished; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX outbox_unpublished ON public.outbox USING btree (id) WHERE ((published_at IS NULL) AND (put_aside_at IS NULL));


--
-- Name: outbox_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX outbox_waiting ON public.outbox USING btree (key, id) WHERE ((published_at IS NULL) AND (put_aside_at IS NULL) AND (retry_at IS NOT NULL));


--
-- Name: raw_messages_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX raw_messages_age ON public.raw_messages USING btree (stored_at);


--
-- Name: regression_questions_ticket; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX regression_questions_ticket ON public.regression_questions USING btree (ticket_id) WHERE (ticket_id IS NOT NULL);


--
-- Name: tickets_conversation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tickets_conversation ON public.tickets USING btree (conversation_id);


--
-- Name: tickets_customer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tickets_customer ON public.tickets USING btree (customer_id, created_at DESC);


--
-- Name: tickets_one_open; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX tickets_one_open ON public.tickets USING btree (conversation_id) WHERE (status <> ALL (ARRAY['resolved'::text, 'closed'::text]));


--
-- Name: tickets_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tickets_status ON public.tickets USING btree (status, created_at);


--
-- Name: audit_log audit_log_append_only; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_log_append_only BEFORE DELETE OR UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: audit_log audit_log_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: channel_configs channel_configs_touch; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER channel_configs_touch BEFORE UPDATE ON public.channel_configs FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();


--
-- Name: conversations conversations_notify; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER conversations_notify AFTER UPDATE ON public.conversations FOR EACH ROW WHEN (((old.status <> new.status) OR (old.owner <> new.owner) OR (old.owner_name IS DISTINCT FROM new.owner_name))) EXECUTE FUNCTION public.notify_conversation();


--
-- Name: conversations conversations_touch; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER conversations_touch BEFORE UPDATE ON public.conversations FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();


--
-- Name: customer_identifiers customer_identifiers_touch; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER customer_identifiers_touch BEFORE UPDATE ON public.customer_identifiers FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();


--
-- Name: customers customers_touch; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER customers_touch BEFORE UPDATE ON public.customers FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();


--
-- Name: deliveries deliveries_touch; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER deliveries_touch BEFORE UPDATE ON public.deliveries FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();


--
-- Name: gmail_mailboxes gmail_mailboxes_touch; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER gmail_mailboxes_touch BEFORE UPDATE ON public.gmail_mailboxes FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();


--
-- Name: knowledge_base knowledge_base_touch; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER knowledge_base_touch BEFORE UPDATE ON public.knowledge_base FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();


--
-- Name: knowledge_candidates knowledge_candidates_touch; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER knowledge_candidates_touch BEFORE UPDATE ON public.knowledge_candidates FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();


--
-- Name: messages messages_notify; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER messages_notify AFTER INSERT ON public.messages FOR EACH ROW EXECUTE FUNCTION public.notify_message();


--
-- Name: outbox outbox_notify; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER outbox_notify AFTER INSERT ON public.outbox FOR EACH STATEMENT EXECUTE FUNCTION public.notify_outbox();


--
-- Name: tickets tickets_notify; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tickets_notify AFTER UPDATE ON public.tickets FOR EACH ROW WHEN ((old.status <> new.status)) EXECUTE FUNCTION public.notify_message();


--
-- Name: tickets tickets_touch; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tickets_touch BEFORE UPDATE ON public.tickets FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();


--
-- Name: agent_metrics agent_metrics_conversation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agent_metrics
    ADD CONSTRAINT agent_metrics_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE SET NULL;


--
-- Name: agent_metrics agent_metrics_turn_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.agent_metrics
    ADD CONSTRAINT agent_metrics_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES public.turns(id) ON DELETE SET NULL;


--
-- Name: candidate_evidence candidate_evidence_candidate_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.candidate_evidence
    ADD CONSTRAINT candidate_evidence_candidate_id_fkey FOREIGN KEY (candidate_id) REFERENCES public.knowledge_candidates(id) ON DELETE CASCADE;


--
-- Name: candidate_evidence candidate_evidence_ticket_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.candidate_evidence
    ADD CONSTRAINT candidate_evidence_ticket_id_fkey FOREIGN KEY (ticket_id) REFERENCES public.tickets(id) ON DELETE CASCADE;


--
-- Name: conversations conversations_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;


--
-- Name: customer_identifiers customer_identifiers_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.customer_identifiers
    ADD CONSTRAINT customer_identifiers_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;


--
-- Name: customer_merges customer_merges_kept_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.customer_merges
    ADD CONSTRAINT customer_merges_kept_id_fkey FOREIGN KEY (kept_id) REFERENCES public.customers(id) ON DELETE CASCADE;


--
-- Name: customer_merges customer_merges_merged_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.customer_merges
    ADD CONSTRAINT customer_merges_merged_id_fkey FOREIGN KEY (merged_id) REFERENCES public.customers(id) ON DELETE CASCADE;


--
-- Name: customers customers_merged_into_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES public.customers(id);


--
-- Name: dead_letters dead_letters_message_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE SET NULL;


--
-- Name: deliveries deliveries_message_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE;


--
-- Name: feedback feedback_ticket_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_ticket_id_fkey FOREIGN KEY (ticket_id) REFERENCES public.tickets(id) ON DELETE CASCADE;


--
-- Name: knowledge_alias knowledge_alias_model_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.knowledge_alias
    ADD CONSTRAINT knowledge_alias_model_id_fkey FOREIGN KEY (model_id) REFERENCES public.embedding_models(model_id);


--
-- Name: knowledge_alias knowledge_alias_previous_model_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.knowledge_alias
    ADD CONSTRAINT knowledge_alias_previous_model_id_fkey FOREIGN KEY (previous_model_id) REFERENCES public.embedding_models(model_id);


--
-- Name: learned_tickets learned_tickets_ticket_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.learned_tickets
    ADD CONSTRAINT learned_tickets_ticket_id_fkey FOREIGN KEY (ticket_id) REFERENCES public.tickets(id) ON DELETE CASCADE;


--
-- Name: messages messages_conversation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;


--
-- Name: messages messages_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;


--
-- Name: messages messages_sender_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_sender_id_fkey FOREIGN KEY (sender_id) REFERENCES public.customer_identifiers(id) ON DELETE SET NULL;


--
-- Name: messages messages_turn_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES public.turns(id) ON DELETE SET NULL;


--
-- Name: raw_messages raw_messages_message_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.raw_messages
    ADD CONSTRAINT raw_messages_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE;


--
-- Name: regression_questions regression_questions_ticket_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.regression_questions
    ADD CONSTRAINT regression_questions_ticket_id_fkey FOREIGN KEY (ticket_id) REFERENCES public.tickets(id) ON DELETE CASCADE;


--
-- Name: tickets tickets_conversation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;


--
-- Name: tickets tickets_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;


--
-- Name: turns turns_conversation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;


--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA public TO fte_app;


--
-- Name: TABLE agent_metrics; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agent_metrics TO fte_app;


--
-- Name: SEQUENCE agent_metrics_id_seq; Type: ACL; Schema: public; Owner: -
--

GRANT USAGE ON SEQUENCE public.agent_metrics_id_seq TO fte_app;


--
-- Name: TABLE audit_log; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.audit_log TO fte_app;


--
-- Name: SEQUENCE audit_log_id_seq; Type: ACL; Schema: public; Owner: -
--

GRANT USAGE ON SEQUENCE public.audit_log_id_seq TO fte_app;


--
-- Name: TABLE candidate_evidence; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.candidate_evidence TO fte_app;


--
-- Name: TABLE channel_configs; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.channel_configs TO fte_app;


--
-- Name: TABLE conversations; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversations TO fte_app;


--
-- Name: TABLE customer_identifiers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.customer_identifiers TO fte_app;


--
-- Name: TABLE customer_merges; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.customer_merges TO fte_app;


--
-- Name: TABLE customers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.customers TO fte_app;


--
-- Name: TABLE daily_digests; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.daily_digests TO fte_app;


--
-- Name: TABLE dead_letters; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dead_letters TO fte_app;


--
-- Name: TABLE deliveries; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deliveries TO fte_app;


--
-- Name: TABLE early_delivery_statuses; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.early_delivery_statuses TO fte_app;


--
-- Name: TABLE embedding_models; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.embedding_models TO fte_app;


--
-- Name: TABLE failed_items; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.failed_items TO fte_app;


--
-- Name: TABLE feedback; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.feedback TO fte_app;


--
-- Name: TABLE gmail_mailboxes; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.gmail_mailboxes TO fte_app;


--
-- Name: TABLE knowledge_alias; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.knowledge_alias TO fte_app;


--
-- Name: TABLE knowledge_base; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.knowledge_base TO fte_app;


--
-- Name: TABLE knowledge_candidates; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.knowledge_candidates TO fte_app;


--
-- Name: TABLE knowledge_versions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.knowledge_versions TO fte_app;


--
-- Name: TABLE learned_tickets; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.learned_tickets TO fte_app;


--
-- Name: TABLE messages; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.messages TO fte_app;


--
-- Name: SEQUENCE messages_position_seq; Type: ACL; Schema: public; Owner: -
--

GRANT USAGE ON SEQUENCE public.messages_position_seq TO fte_app;


--
-- Name: TABLE outbox; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO fte_app;


--
-- Name: SEQUENCE outbox_id_seq; Type: ACL; Schema: public; Owner: -
--

GRANT USAGE ON SEQUENCE public.outbox_id_seq TO fte_app;


--
-- Name: TABLE raw_messages; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.raw_messages TO fte_app;


--
-- Name: TABLE readers; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.readers TO fte_app;


--
-- Name: TABLE regression_questions; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.regression_questions TO fte_app;


--
-- Name: TABLE schema_migrations; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.schema_migrations TO fte_app;


--
-- Name: TABLE tickets; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tickets TO fte_app;


--
-- Name: TABLE turns; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.turns TO fte_app;


--
-- Name: DEFAULT PRIVILEGES FOR SEQUENCES; Type: DEFAULT ACL; Schema: public; Owner: -
--

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT USAGE ON SEQUENCES TO fte_app;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: public; Owner: -
--

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO fte_app;


--
-- PostgreSQL database dump complete
--


