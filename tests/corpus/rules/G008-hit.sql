-- rule: G008 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
CREATE RULE orders_kept AS ON DELETE TO public.orders DO INSTEAD NOTHING;
