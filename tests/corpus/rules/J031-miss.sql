-- miss: J031
SELECT drop_chunks('public.events_2026', interval '1 year');
