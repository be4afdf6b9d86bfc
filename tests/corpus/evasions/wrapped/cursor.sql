-- class: destructive
-- DELETE at a cursor
BEGIN; DECLARE c CURSOR FOR SELECT * FROM app.settings FOR UPDATE; FETCH c; DELETE FROM app.settings WHERE CURRENT OF c; COMMIT;
