-- rule: F002 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
CREATE OR REPLACE FUNCTION app.spare_fn() RETURNS int LANGUAGE sql AS 'SELECT 43';
