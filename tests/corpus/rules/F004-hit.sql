-- rule: F004 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER FUNCTION app.slug(text) STABLE SECURITY DEFINER;
