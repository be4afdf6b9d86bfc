-- class: destructive
-- a role
DROP ROLE corpus_spare;
