-- rule: I013 class=destructive loses=data scope=tables:public.duplicates lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=depends since=15
MERGE INTO public.duplicates d USING public.owned_notes n ON d.id = n.id WHEN MATCHED THEN UPDATE SET code = n.note;
