-- class: destructive
-- a role
ALTER ROLE corpus_spare RENAME TO corpus_other;
