-- near: A040
ALTER TABLE public.products ALTER COLUMN gross DROP EXPRESSION;
