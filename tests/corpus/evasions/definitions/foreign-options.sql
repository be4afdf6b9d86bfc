-- class: destructive
-- writes go elsewhere
ALTER SERVER corpus_server OPTIONS (SET host 'elsewhere');
