-- rule: F020 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE LANGUAGE plown HANDLER plpgsql_call_handler;
-- then:
ALTER LANGUAGE plown RENAME TO plother;
