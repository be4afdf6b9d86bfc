-- rule: A091 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
CREATE TYPE app.wheeled AS (id int, wheels int);
-- then:
ALTER TABLE public.bikes OF app.wheeled;
