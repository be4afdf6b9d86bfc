-- class: destructive|unknown
-- in TABLESAMPLE
SELECT count(*) FROM app.settings TABLESAMPLE bernoulli (app.purge_users());
