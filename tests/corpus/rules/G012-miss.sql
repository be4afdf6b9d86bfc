-- miss: G012
DROP POLICY tickets_own ON app.tickets;
