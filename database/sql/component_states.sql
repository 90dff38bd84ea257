-- States of components by their last real work.

-- name: succeed
-- Ends a failure.
INSERT INTO component_states AS s (component, succeeded_at) VALUES ($1, clock_timestamp())
ON CONFLICT (component) DO UPDATE SET reported_at = clock_timestamp(), succeeded_at = clock_timestamp(),
    failing_since = NULL

-- name: fail
-- The failure began with the first report since the last success; its words are kept after its end.
INSERT INTO component_states AS s (component, failing_since, last_error) VALUES ($1, clock_timestamp(), $2)
ON CONFLICT (component) DO UPDATE SET reported_at = clock_timestamp(),
    failing_since = coalesce(s.failing_since, clock_timestamp()), last_error = excluded.last_error

-- name: all
-- For health, alerts and metrics. The age is the database's, since clocks differ.
SELECT component, succeeded_at, failing_since, last_error, clock_timestamp() - reported_at AS age
FROM component_states ORDER BY component
