-- Mailboxes beside the one of the settings, and how reading each went. The secret is the name of a variable or file.
CREATE TABLE mailboxes (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    address    text NOT NULL UNIQUE CHECK (address = lower(address)),
    kind       text NOT NULL,
    settings   jsonb NOT NULL DEFAULT '{}',
    secret     text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- A provider without history ids has a position of its own form.
ALTER TABLE gmail_mailboxes ADD COLUMN cursor text, ADD COLUMN failing_since timestamptz, ADD COLUMN last_error text;
