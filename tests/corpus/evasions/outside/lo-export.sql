-- class: destructive|unknown effect=none
-- a server file
SELECT lo_export(990001, '/dev/null');
