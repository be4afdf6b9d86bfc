-- rule: F018 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE LANGUAGE plown HANDLER plpgsql_call_handler;
-- then:
DROP LANGUAGE plown;
