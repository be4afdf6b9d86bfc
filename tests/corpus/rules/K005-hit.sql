-- rule: K005 class=none loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=yes transaction=no rerun=ok loose=scan
CLUSTER;
