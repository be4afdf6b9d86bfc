-- miss: O013
ALTER ROLE corpus_spare SET role = 'corpus_owner';
