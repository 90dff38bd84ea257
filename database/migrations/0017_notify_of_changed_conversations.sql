-- Open pages follow a conversation: its owner, its status and its ticket's status change without a message.
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
