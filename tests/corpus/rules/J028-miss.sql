-- miss: J028
SELECT cron.schedule('nightly', '0 3 * * *', current_setting('x.y'));
