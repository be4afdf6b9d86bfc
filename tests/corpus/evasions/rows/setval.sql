-- class: destructive
-- a counter set back, which no ROLLBACK undoes
BEGIN; SELECT setval('app.spare_seq', 1, false); ROLLBACK;
