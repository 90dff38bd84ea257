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
