-- A reply that did not reach the customer is a reason of its own for a hand-over.
ALTER TABLE tickets DROP CONSTRAINT tickets_escalation_reason_check;
ALTER TABLE tickets ADD CONSTRAINT tickets_escalation_reason_check CHECK (escalation_reason IN ('pricing', 'refund',
    'legal', 'human_request', 'negative_sentiment', 'no_kb_match', 'model_unavailable', 'repeated_failure', 'loop_guard',
    'delivery_failed'));
