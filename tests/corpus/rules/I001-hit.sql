-- rule: I001 class=additive loses=nothing scope=none lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=repeats
INSERT INTO public.duplicates (id, code) VALUES (100, 'new');
