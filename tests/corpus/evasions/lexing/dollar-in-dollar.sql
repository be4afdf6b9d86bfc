-- class: destructive
-- quotes inside quotes: EXECUTE of a constant
DO $a$ BEGIN EXECUTE $b$DROP TABLE archive.old_orders$b$; END $a$;
