-- miss: L013
ALTER ROLE corpus_spare PASSWORD 'new';
