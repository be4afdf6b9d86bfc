-- class: destructive|unknown
-- a cursor runs its query at FETCH
BEGIN; DECLARE c CURSOR FOR SELECT app.purge_users(); FETCH c; COMMIT;
