-- class: destructive
-- the old password hash
ALTER ROLE corpus_app PASSWORD 'changed';
