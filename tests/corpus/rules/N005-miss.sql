-- miss: N005
ALTER USER MAPPING FOR corpus_app SERVER corpus_server OPTIONS (SET user 'x');
