-- rule: O011 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SET work_mem = '8MB';
