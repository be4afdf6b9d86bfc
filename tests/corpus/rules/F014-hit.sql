-- rule: F014 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
DO $$ BEGIN PERFORM 1; END $$;
