-- miss: L014
ALTER ROLE corpus_spare VALID UNTIL '2030-01-01';
