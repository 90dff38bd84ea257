-- The customer's language as the last turn read it; NULL before the first one.
ALTER TABLE conversations ADD COLUMN language text CHECK (language ~ '^[a-z]{2}$');
