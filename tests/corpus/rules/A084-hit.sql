-- rule: A084 class=destructive loses=data scope=tables:public.audit_log lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok
ALTER TABLE public.audit_log SET UNLOGGED;
