-- rule: G015 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER POLICY tickets_own ON app.tickets RENAME TO tickets_mine;
