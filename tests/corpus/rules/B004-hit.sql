-- rule: B004 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=fails
CREATE TABLE public.events_2027 PARTITION OF public.events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
