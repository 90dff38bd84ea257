-- What a provider said about a message before our own record of its id: applied once that record is written.

CREATE TABLE early_delivery_statuses (
    channel             channel NOT NULL,
    provider_message_id text NOT NULL,
    state               text NOT NULL,
    error_code          text,
    received_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (channel, provider_message_id)
);
CREATE INDEX early_delivery_statuses_age ON early_delivery_statuses (received_at);
