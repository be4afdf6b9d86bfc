-- miss: J030
SELECT cron.schedule('0 3 * * *', 'VACUUM');
