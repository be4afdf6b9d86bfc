-- rule: F007 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER PROCEDURE app.spare_proc() SET SCHEMA spare;
