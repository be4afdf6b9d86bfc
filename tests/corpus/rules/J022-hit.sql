-- rule: J022 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SELECT ts_rewrite('a & b'::tsquery, 'a'::tsquery, 'c'::tsquery);
