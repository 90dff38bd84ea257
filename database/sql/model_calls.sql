-- The language model's costs, reserved before each call, and how its newest calls ended.

-- name: reserve_day
-- One statement, so that calls side by side can't exceed the day's budget together; NULL ($2) is no limit.
INSERT INTO model_spending (day, usd)
SELECT (now() AT TIME ZONE 'UTC')::date, $1::numeric WHERE $2::numeric IS NULL OR $1::numeric <= $2::numeric
ON CONFLICT (day) DO UPDATE SET usd = model_spending.usd + excluded.usd
    WHERE $2::numeric IS NULL OR model_spending.usd + excluded.usd <= $2::numeric
RETURNING usd

-- name: reserve_conversation
-- Likewise for the conversation's budget; NULL ($3) is no limit.
UPDATE conversations SET model_usd = model_usd + $2::numeric
WHERE id = $1 AND ($3::numeric IS NULL OR model_usd + $2::numeric <= $3::numeric)
RETURNING model_usd

-- name: settle
-- The difference ($2) between cost and reservation. A call that ends after midnight settles the new day, never below 0.
WITH settled AS (
    UPDATE conversations SET model_usd = greatest(model_usd + $2::numeric, 0) WHERE id = $1
)
UPDATE model_spending SET usd = greatest(usd + $2::numeric, 0)
WHERE day = (SELECT max(day) FROM model_spending)

-- name: succeeded
-- A model that goes on answering writes its row every ten seconds at most, and at once when it recovers.
INSERT INTO model_states AS s (model, succeeded_at) VALUES ($1, now())
ON CONFLICT (model) DO UPDATE SET succeeded_at = now(), failing_since = NULL
    WHERE s.failing_since IS NOT NULL OR s.succeeded_at IS NULL OR s.succeeded_at < now() - interval '10 seconds'

-- name: failed
-- The start of a failure is kept until a call succeeds.
INSERT INTO model_states AS s (model, failed_at, failing_since, code, said) VALUES ($1, now(), now(), $2, $3)
ON CONFLICT (model) DO UPDATE SET failed_at = now(), failing_since = coalesce(s.failing_since, now()),
    code = excluded.code, said = excluded.said

-- name: state
-- For health: all replicas write one row a model.
SELECT model, succeeded_at, failed_at, failing_since, code, said FROM model_states WHERE model = $1

-- name: spent_today
-- Reservations included; nothing before the day's first call.
SELECT coalesce((SELECT usd FROM model_spending WHERE day = (now() AT TIME ZONE 'UTC')::date), 0)::float8
