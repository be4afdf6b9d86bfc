-- rule: I018 class=none loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=ok error=XX000
COPY public.duplicates TO STDOUT;
