-- rule: I012 class=additive loses=nothing scope=none lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=depends since=15
MERGE INTO public.duplicates d USING public.owned_notes n ON d.id = n.id + 100 WHEN NOT MATCHED THEN INSERT VALUES (n.id + 100, n.note);
