-- miss: J030
-- run: no (fails with 3F000 on the fixture)
SELECT cron.schedule('0 3 * * *', 'VACUUM');
