-- A full read of a mailbox goes on where the round before ended.

ALTER TABLE gmail_mailboxes ADD COLUMN read_from timestamptz;
