-- Before each send: is there a reply of before that has not gone out?

CREATE INDEX messages_undelivered ON messages (customer_id, position) WHERE state = 'undelivered';
