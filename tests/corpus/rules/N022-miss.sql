-- miss: N022
ALTER PUBLICATION corpus_pub SET (publish = 'insert');
