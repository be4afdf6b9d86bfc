-- class: destructive
-- its expression
ALTER POLICY tickets_own ON app.tickets USING (true);
