-- Whoever only claims an address has a customer of their own beside the one who has proven it.
ALTER TABLE customer_identifiers DROP CONSTRAINT customer_identifiers_kind_value_key;
CREATE UNIQUE INDEX customer_identifiers_proven ON customer_identifiers (kind, value) WHERE assurance > 'claimed';
CREATE INDEX customer_identifiers_value ON customer_identifiers (kind, value);

-- In a claimed conversation the sender is called by the name given in it, whatever others gave for the same address.
ALTER TABLE conversations ADD COLUMN sender_name text;
UPDATE conversations c SET sender_name = u.name FROM customers u
WHERE u.id = c.customer_id AND c.assurance = 'claimed'
    AND NOT EXISTS (SELECT FROM customer_identifiers i WHERE i.customer_id = u.id AND i.assurance > 'claimed');

-- When the fixed text last went to an address.
CREATE TABLE unproven_notices (
    kind    text NOT NULL,
    value   text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, value)
);
CREATE INDEX unproven_notices_age ON unproven_notices (sent_at);
