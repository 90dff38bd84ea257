-- The role that the running system takes: it reads and writes rows, and can change no table, no function
-- and no line of the audit log. Who applies the migrations stays the owner of everything.
--
-- A server that forbids creating roles (some hosted ones) leaves the system working under the owner's own
-- role: start it without a role then, or have an administrator create `fte_app` beforehand.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fte_app') THEN
        BEGIN
            CREATE ROLE fte_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
        EXCEPTION
            -- Roles belong to the whole server: another database's migration may have been faster.
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE NOTICE 'role fte_app was not created: no privilege to create roles';
                RETURN;
        END;
    END IF;
    BEGIN
        EXECUTE format('GRANT fte_app TO %I', current_user);
    EXCEPTION
        WHEN insufficient_privilege THEN
            RAISE NOTICE 'role fte_app can not be taken: an administrator has to grant it';
    END;

    EXECUTE format('GRANT USAGE ON SCHEMA %I TO fte_app', current_schema());
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO fte_app', current_schema());
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO fte_app', current_schema());
    REVOKE UPDATE, DELETE ON audit_log FROM fte_app;
    REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM fte_app;

    -- What later migrations add is open to the role as well.
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO fte_app',
        current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE ON SEQUENCES TO fte_app', current_schema());
END $$;
