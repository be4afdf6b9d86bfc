-- rule: Z002 class=unknown loses=data scope=database
-- run: no (needs PostgreSQL 17)
ALTER TABLE public.orders ALTER COLUMN total SET EXPRESSION AS (quantity * 2);
