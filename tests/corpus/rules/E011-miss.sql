-- miss: E011
CREATE MATERIALIZED VIEW public.no_data AS SELECT user_id, sum(total) AS total FROM public.orders GROUP BY user_id WITH DATA;
