-- class: destructive|unknown
-- a partition bound is computed
CREATE TABLE public.regions_new PARTITION OF public.regions FOR VALUES IN (app.purge_users()::text);
