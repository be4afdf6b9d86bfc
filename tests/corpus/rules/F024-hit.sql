-- rule: F024 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION time_support(internal));
-- then:
DROP TRANSFORM FOR int LANGUAGE sql;
