-- class: destructive|unknown
-- VALUES calls
VALUES (app.purge_users());
