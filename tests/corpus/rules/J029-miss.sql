-- miss: J029
-- run: no (fails with 3F000 on the fixture)
SELECT cron.schedule('nightly', '0 3 * * *', 'ANALYZE ' || 'users');
