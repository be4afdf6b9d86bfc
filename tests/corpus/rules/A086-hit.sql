-- rule: A086 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok loose=rewrite,lock
ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE pg_default;
