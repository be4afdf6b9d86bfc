-- class: additive|destructive catalogue=additive
-- wider loses nothing
ALTER TABLE public.big_counts ALTER COLUMN n TYPE bigint;
