-- miss: L012
CREATE ROLE corpus_new NOSUPERUSER;
