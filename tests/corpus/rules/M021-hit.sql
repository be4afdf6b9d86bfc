-- rule: M021 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
-- run: no (changes all databases)
ALTER TABLESPACE pg_default SET (seq_page_cost = 0.9);
