-- miss: E010
CREATE TABLE public.materialized AS SELECT user_id, sum(total) AS total FROM public.orders GROUP BY user_id;
