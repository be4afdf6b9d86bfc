-- miss: J029
SELECT cron.schedule('nightly', '0 3 * * *', 'ANALYZE ' || 'users');
