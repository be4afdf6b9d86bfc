-- rule: M009 class=destructive loses=definition scope=schema lock=SHARE UPDATE EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails loose=lock
ALTER EXTENSION hstore ADD TABLE public.empty_table;
