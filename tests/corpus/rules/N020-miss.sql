-- miss: N020
ALTER PUBLICATION corpus_pub SET (publish = 'insert');
