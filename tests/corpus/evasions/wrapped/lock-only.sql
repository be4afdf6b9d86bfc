-- class: none
-- LOCK takes nothing away
BEGIN; LOCK TABLE app.settings IN ACCESS EXCLUSIVE MODE; COMMIT;
