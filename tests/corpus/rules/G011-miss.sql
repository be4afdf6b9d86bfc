-- miss: G011
ALTER POLICY tickets_own ON app.tickets RENAME TO keep;
