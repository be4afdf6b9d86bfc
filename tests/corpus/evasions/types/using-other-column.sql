-- class: destructive
-- another column
ALTER TABLE public.big_counts ALTER COLUMN n TYPE int USING id;
