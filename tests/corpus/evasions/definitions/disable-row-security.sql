-- class: destructive
-- everybody sees every row
ALTER TABLE app.tickets DISABLE ROW LEVEL SECURITY;
