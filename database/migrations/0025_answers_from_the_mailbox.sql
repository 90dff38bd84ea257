-- Mail from before a mailbox was connected is context. A mailbox that was connected earlier has read all mail up to its
-- last complete read.
ALTER TABLE gmail_mailboxes ADD COLUMN connected_at timestamptz NOT NULL DEFAULT now();
UPDATE gmail_mailboxes SET connected_at = coalesce(synced_at, updated_at);

-- A mail that a person sent from the mailbox is stored once.
CREATE UNIQUE INDEX messages_sent_mail ON messages (channel, provider_message_id)
    WHERE role = 'staff' AND provider_message_id IS NOT NULL;

-- Since when mail to an address comes back, and the code that its server gave.
ALTER TABLE customer_identifiers ADD COLUMN failing_since timestamptz, ADD COLUMN failing_code text;
