-- rule: O024 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=no rerun=ok
DISCARD ALL;
