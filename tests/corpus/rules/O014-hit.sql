-- rule: O014 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SET lock_timeout = 0;
