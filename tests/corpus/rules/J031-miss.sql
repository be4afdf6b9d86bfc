-- miss: J031
-- run: no (fails with 42883 on the fixture)
SELECT drop_chunks('public.events_2026', interval '1 year');
