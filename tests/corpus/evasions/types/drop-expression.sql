-- class: destructive
-- the formula goes, values get stale
ALTER TABLE public.products ALTER COLUMN gross DROP EXPRESSION;
