-- class: destructive
-- DROP OWNED takes tables without naming one
DROP OWNED BY corpus_owner;
