-- rule: A057 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=yes transaction=yes rerun=fails
CREATE UNIQUE INDEX owned_notes_idx ON public.owned_notes (id);
-- then:
ALTER TABLE public.owned_notes ADD CONSTRAINT owned_notes_pkey PRIMARY KEY USING INDEX owned_notes_idx;
