-- rule: A040 class=destructive loses=data scope=tables:public.products lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok since=17
ALTER TABLE public.products ALTER COLUMN gross SET EXPRESSION AS (price * 2);
