-- Which message told its customer that an AI writes, once a conversation and channel unless it was never sent.
CREATE TABLE disclosures (
    message_id      uuid PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    channel         channel NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX disclosures_conversation ON disclosures (conversation_id, channel);
