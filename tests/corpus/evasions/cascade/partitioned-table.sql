-- class: destructive
-- partitions need no CASCADE
DROP TABLE public.events;
