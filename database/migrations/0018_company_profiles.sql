-- The company profile, one row a version; the newest is in force. Seeded texts no longer name a company.
CREATE TABLE company_profiles (
    version integer PRIMARY KEY CHECK (version > 0),
    document jsonb NOT NULL,
    author text NOT NULL,
    restored_from integer REFERENCES company_profiles,
    created_at timestamptz NOT NULL DEFAULT now()
);
UPDATE channel_configs SET signature = replace(signature, 'TechCorp Support', '{support_name}');
