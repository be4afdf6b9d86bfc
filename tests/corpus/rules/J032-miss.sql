-- miss: J032
-- run: no (fails with 42883 on the fixture)
SELECT add_compression_policy('public.events_2026', interval '1 year');
