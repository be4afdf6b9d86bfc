-- rule: G007 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
CREATE RULE orders_told AS ON INSERT TO public.orders DO ALSO NOTIFY orders;
