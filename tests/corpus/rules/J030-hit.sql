-- rule: J030 class=destructive loses=data scope=database lock=none rewrite=no scan=no transaction=yes rerun=fails
-- run: no (needs pg_cron)
SELECT cron.unschedule('nightly');
