-- class: additive
-- rights are added
GRANT DELETE, TRUNCATE ON app.settings TO corpus_app;
