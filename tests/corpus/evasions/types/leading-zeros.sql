-- class: destructive
-- text to int loses leading zeros
ALTER TABLE public.big_counts ALTER COLUMN label TYPE int USING label::int;
