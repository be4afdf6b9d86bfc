-- rule: A095 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=fails
CREATE TABLE public.all_notes (id int, note text) PARTITION BY RANGE (id);
-- then:
ALTER TABLE public.all_notes ATTACH PARTITION public.owned_notes FOR VALUES FROM (0) TO (1000);
