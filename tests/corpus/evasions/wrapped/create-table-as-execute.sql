-- class: destructive|unknown
-- CREATE TABLE AS EXECUTE runs the prepared statement
PREPARE p AS SELECT app.purge_users(); CREATE TABLE public.result AS EXECUTE p;
