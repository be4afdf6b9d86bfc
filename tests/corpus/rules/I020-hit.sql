-- rule: I020 class=unknown loses=outside scope=database lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=depends
COPY public.duplicates FROM PROGRAM 'cat /dev/null';
