-- class: destructive|unknown
-- in CREATE TABLE AS
CREATE TABLE public.made AS SELECT app.purge_users() AS n;
