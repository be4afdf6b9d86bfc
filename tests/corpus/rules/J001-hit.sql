-- rule: J001 class=destructive loses=sequence scope=tables:app.spare_seq lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
SELECT setval('app.spare_seq', 100);
