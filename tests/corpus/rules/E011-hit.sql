-- rule: E011 class=additive loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=fails
CREATE MATERIALIZED VIEW public.totals AS SELECT user_id, sum(total) AS total FROM public.orders GROUP BY user_id WITH NO DATA;
