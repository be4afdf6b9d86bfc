-- rule: I017 class=additive loses=nothing scope=none lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=repeats loose=rerun
COPY public.duplicates (id, code) FROM '/dev/null';
