-- class: destructive
-- the first name does not exist
DROP TABLE IF EXISTS public.nothing_here, archive.old_orders;
