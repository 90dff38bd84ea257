-- Whether the customer has seen what stands on the page of a form's ticket, and up to where a mail has told of it.
CREATE TABLE form_pages (
    conversation_id uuid PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    seen_at         timestamptz,
    -- A page that polls asks again until then.
    watched_until   timestamptz,
    told_position   bigint NOT NULL DEFAULT 0
);
-- What was answered before is not told now.
INSERT INTO form_pages (conversation_id, seen_at) SELECT id, now() FROM conversations WHERE channel = 'web_form';
