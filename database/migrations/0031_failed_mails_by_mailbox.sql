-- Failed mails are kept by mailbox: each mailbox retries its own. Until now there was one.
UPDATE failed_items SET job = 'mailbox ' || m.address FROM (SELECT address FROM gmail_mailboxes ORDER BY address LIMIT 1) m
WHERE job = 'gmail';
UPDATE dead_letters SET topic = 'mailbox ' || m.address, origin = 'mailbox ' || m.address || substr(origin, 6)
FROM (SELECT address FROM gmail_mailboxes ORDER BY address LIMIT 1) m WHERE topic = 'gmail';
