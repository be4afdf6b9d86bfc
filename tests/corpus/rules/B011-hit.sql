-- rule: B011 class=none loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=fails
CREATE TEMPORARY TABLE paid_orders AS SELECT id, total FROM public.orders WHERE status = 'paid';
