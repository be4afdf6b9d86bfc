-- class: destructive
-- or as its partitioned parent
CREATE TABLE public.made (LIKE public.events_2026) PARTITION BY RANGE (at); ALTER TABLE public.made ATTACH PARTITION public.events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); DROP TABLE public.made;
