-- rule: B010 class=additive loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=fails
CREATE TABLE public.paid_orders AS SELECT id, total FROM public.orders WHERE status = 'paid';
