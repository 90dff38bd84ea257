-- A conversation's place in the staff queue, so that a page walks an index instead of sorting every conversation.
-- Kept by triggers, since tickets and answer clocks decide it as well, and the previous release writes them, too.
ALTER TABLE conversations
    ADD COLUMN queue_rank    smallint NOT NULL DEFAULT 10,
    ADD COLUMN queue_at      timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN ticket_status text,
    ADD COLUMN ticket_reason text;

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

-- Their content did not change.
ALTER TABLE conversations DISABLE TRIGGER conversations_touch;
UPDATE conversations SET queue_rank = 0;
ALTER TABLE conversations ENABLE TRIGGER conversations_touch;

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
