-- rule: F014 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=depends
DO $$ BEGIN PERFORM 1; END $$;
