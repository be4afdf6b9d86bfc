-- class: destructive
-- bits
ALTER TABLE public.big_counts ALTER COLUMN bits TYPE varbit(2) USING bits::varbit(2);
