-- rule: H004 class=destructive loses=sequence scope=tables:app.spare_seq lock=SHARE ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER SEQUENCE app.spare_seq RESTART WITH 1;
