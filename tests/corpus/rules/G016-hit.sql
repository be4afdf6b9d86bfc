-- rule: G016 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP POLICY tickets_own ON app.tickets;
