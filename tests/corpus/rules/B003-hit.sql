-- rule: B003 class=additive loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=fails
CREATE TABLE public.copy_of_notes (LIKE public.owned_notes INCLUDING DEFAULTS);
