-- rule: A056 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=fails
ALTER TABLE public.owned_notes ADD PRIMARY KEY (id);
