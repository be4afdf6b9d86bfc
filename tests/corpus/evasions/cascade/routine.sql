-- class: destructive
-- DROP ROUTINE
DROP ROUTINE app.audit() CASCADE;
