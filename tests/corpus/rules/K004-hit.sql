-- rule: K004 class=none loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=yes transaction=yes rerun=ok loose=scan
CLUSTER public.clustered;
