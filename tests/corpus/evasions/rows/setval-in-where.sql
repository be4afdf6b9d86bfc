-- class: destructive
-- the same, hidden
SELECT 1 FROM app.settings WHERE setval('app.spare_seq', 1) > 0;
