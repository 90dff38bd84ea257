-- An erasure is final: whoever was at work on the conversation looks again, under the lock that the erasure held.
ALTER TABLE conversations ADD COLUMN erased_at timestamptz;
UPDATE conversations c SET erased_at = u.erased_at FROM customers u WHERE u.id = c.customer_id AND u.erased_at IS NOT NULL;

-- Lock a conversation until the end of the transaction; false once its customer is erased, NULL where there is none.
CREATE FUNCTION lock_unless_erased(conversation_id uuid) RETURNS boolean LANGUAGE sql AS $$
    SELECT erased_at IS NULL FROM conversations WHERE id = $1 FOR NO KEY UPDATE
$$;
-- The same of a customer.
CREATE FUNCTION lock_customer_unless_erased(customer_id uuid) RETURNS boolean LANGUAGE sql AS $$
    SELECT erased_at IS NULL FROM customers WHERE id = $1 FOR NO KEY UPDATE
$$;

-- Before our own record of a provider's id nobody knows whose it is, so that an erasure could not find it here.
UPDATE early_delivery_statuses SET provider_message_id = 'sha256:' || encode(sha256(convert_to(provider_message_id, 'UTF8')), 'hex');
