-- An attempt without an answer stays open for as long as the provider may still act on it.

ALTER TABLE deliveries ADD COLUMN may_act_until timestamptz NOT NULL DEFAULT now();

-- An earlier release took "not found" for "not sent" at once: its open ones are looked up again, and not repeated.
UPDATE deliveries d SET state = 'sending', error_code = 'no_answer', may_act_until = now() + interval '2 minutes'
FROM messages m
WHERE m.id = d.message_id AND m.state = 'undelivered' AND d.state = 'failed' AND d.error_code = 'not_sent'
    AND NOT EXISTS (SELECT FROM deliveries later
        WHERE later.message_id = d.message_id AND later.part = d.part AND later.attempt > d.attempt);
