-- rule: J023 class=none loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=ok
CREATE TABLE spare.t (a int);
-- then:
SELECT table_to_xml('spare.t', true, false, '');
