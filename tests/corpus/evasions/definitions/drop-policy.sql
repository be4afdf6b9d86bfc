-- class: destructive
-- a policy
DROP POLICY tickets_own ON app.tickets;
