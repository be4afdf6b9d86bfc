-- miss: G013
ALTER POLICY tickets_own ON app.tickets USING (no > 0);
