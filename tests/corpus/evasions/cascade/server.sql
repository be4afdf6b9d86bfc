-- class: destructive
-- foreign tables
DROP SERVER corpus_server CASCADE;
