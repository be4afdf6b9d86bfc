-- rule: E002 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
CREATE OR REPLACE VIEW app.spare_view AS SELECT 2 AS one;
