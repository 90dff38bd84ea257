-- Who may call the staff API: by a key, or vouched for by the identity provider. A withdrawn one stays for the audit log.
CREATE TABLE staff_accounts (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name         text NOT NULL,
    email        text,
    role         text NOT NULL CHECK (role IN ('viewer', 'agent', 'editor', 'admin')),
    -- Of the key: its public part, and a keyed digest of the whole.
    key_lookup   text UNIQUE,
    key_salt     bytea,
    key_digest   bytea,
    issuer       text,
    subject      text,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz,
    withdrawn_at timestamptz,
    UNIQUE (issuer, subject),
    CHECK ((issuer IS NULL) = (subject IS NULL)),
    CHECK ((key_lookup IS NULL) = (key_digest IS NULL) AND (key_lookup IS NULL) = (key_salt IS NULL))
);
CREATE UNIQUE INDEX staff_accounts_name ON staff_accounts (lower(name)) WHERE withdrawn_at IS NULL;

-- Sessions of the console; only a digest of each cookie is kept.
CREATE TABLE staff_sessions (
    token_digest bytea PRIMARY KEY,
    account_id   uuid REFERENCES staff_accounts ON DELETE CASCADE,
    -- Without an account: binds the session to a key of the settings.
    key_proof    bytea,
    started_at   timestamptz NOT NULL DEFAULT now(),
    seen_at      timestamptz NOT NULL DEFAULT now(),
    ends_at      timestamptz NOT NULL,
    ended_at     timestamptz,
    CHECK ((account_id IS NULL) <> (key_proof IS NULL))
);
CREATE INDEX staff_sessions_account ON staff_sessions (account_id);
CREATE INDEX staff_sessions_ends_at ON staff_sessions (ends_at);

-- Which account the actor was; empty for the system, a shell and keys of the settings.
ALTER TABLE audit_log ADD COLUMN actor_id uuid;
