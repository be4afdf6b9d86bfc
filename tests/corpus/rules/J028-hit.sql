-- rule: J028 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
-- run: no (needs pg_cron)
SELECT cron.schedule('nightly', '0 3 * * *', 'VACUUM public.events');
