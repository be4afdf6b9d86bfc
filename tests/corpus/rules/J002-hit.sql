-- rule: J002 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SELECT set_config('work_mem', '8MB', false);
