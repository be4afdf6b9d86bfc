-- rule: M028 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=skips loose=lock,rerun
-- live: class=none loses=nothing scope=none
DROP ACCESS METHOD IF EXISTS spare_heap CASCADE;
