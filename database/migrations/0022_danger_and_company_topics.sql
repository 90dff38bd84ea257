-- Danger and the company's own topics are reasons for a hand-over; a topic is stored beside its reason.
ALTER TABLE tickets DROP CONSTRAINT tickets_escalation_reason_check;
ALTER TABLE tickets ADD CONSTRAINT tickets_escalation_reason_check CHECK (escalation_reason IN ('danger', 'company_topic',
    'pricing', 'refund', 'legal', 'human_request', 'negative_sentiment', 'no_kb_match', 'model_unavailable',
    'repeated_failure', 'loop_guard', 'delivery_failed'));
ALTER TABLE tickets ADD COLUMN escalation_topic text;
