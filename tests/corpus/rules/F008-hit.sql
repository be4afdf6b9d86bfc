-- rule: F008 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER FUNCTION app.spare_fn() DEPENDS ON EXTENSION hstore;
