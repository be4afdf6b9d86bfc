-- miss: G014
ALTER POLICY tickets_own ON app.tickets RENAME TO tickets_mine;
