-- rule: G010 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails until=15 loose=lock,rerun
CREATE TABLE spare.t (one int);
-- then:
CREATE RULE "_RETURN" AS ON SELECT TO spare.t DO INSTEAD SELECT 1 AS one;
