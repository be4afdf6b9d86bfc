-- rule: C021 class=none loses=nothing scope=none lock=SHARE rewrite=no scan=yes transaction=no rerun=ok
REINDEX SCHEMA app;
