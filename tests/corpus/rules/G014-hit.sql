-- rule: G014 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER POLICY tickets_own ON app.tickets USING (no > 0);
