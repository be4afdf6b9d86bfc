-- rule: F023 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
CREATE OR REPLACE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION time_support(internal));
