-- rule: A184 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
ALTER TABLE app.tickets FORCE ROW LEVEL SECURITY;
