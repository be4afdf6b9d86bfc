-- class: destructive|unknown
-- in CREATE MATERIALIZED VIEW
CREATE MATERIALIZED VIEW public.made AS SELECT app.purge_users() AS n;
