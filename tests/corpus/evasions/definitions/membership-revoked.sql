-- class: destructive
-- membership
REVOKE corpus_app FROM corpus_reader;
