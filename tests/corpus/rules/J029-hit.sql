-- rule: J029 class=unknown loses=data scope=database lock=none rewrite=no scan=no transaction=yes rerun=depends
-- run: no (needs pg_cron)
SELECT cron.schedule('nightly', '0 3 * * *', current_setting('x.y'));
