-- rule: A023 class=destructive loses=data scope=tables:public.big_counts lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok loose=rewrite live=yes
SET timezone = 'Europe/Berlin';
-- then:
ALTER TABLE public.big_counts ALTER COLUMN stamp TYPE timestamptz;
