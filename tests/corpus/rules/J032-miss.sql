-- miss: J032
SELECT add_compression_policy('public.events_2026', interval '1 year');
