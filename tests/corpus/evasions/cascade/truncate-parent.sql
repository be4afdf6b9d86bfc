-- class: destructive
-- all partitions
TRUNCATE public.events;
