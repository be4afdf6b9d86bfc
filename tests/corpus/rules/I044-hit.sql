-- rule: I044 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
PREPARE one AS SELECT 1;
-- then:
DEALLOCATE one;
