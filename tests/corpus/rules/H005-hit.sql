-- rule: H005 class=destructive loses=definition scope=schema lock=SHARE ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER SEQUENCE app.spare_seq OWNED BY app.settings.key;
