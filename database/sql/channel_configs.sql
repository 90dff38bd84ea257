-- Channel configurations, which staff may tune.

-- name: get
-- Read at every turn, so a change takes effect with the next message.
-- Greeting and signature are the profile's and the catalogue's: older releases still read those columns.
-- The profile's templates come before the row's.
SELECT channel, tone, max_words, preferred_chars, max_chars, burst_window, reply_budget_per_hour,
    templates || coalesce((SELECT document #> ARRAY['channels', $1::text, 'templates'] FROM company_profiles
        ORDER BY version DESC LIMIT 1), '{}') AS templates
FROM channel_configs WHERE channel = $1::text::channel

-- name: seed
-- Keeps rows that staff changed.
INSERT INTO channel_configs (channel, tone, max_words, preferred_chars, max_chars, burst_window, templates,
    reply_budget_per_hour)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (channel) DO NOTHING
