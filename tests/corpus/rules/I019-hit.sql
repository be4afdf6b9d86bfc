-- rule: I019 class=destructive loses=outside scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=ok
COPY public.duplicates TO '/dev/null';
