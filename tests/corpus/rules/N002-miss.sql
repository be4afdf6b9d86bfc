-- miss: N002
ALTER SERVER corpus_server OPTIONS (SET host 'elsewhere');
