-- rule: J020 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SELECT query_to_xml('SELECT 1', true, false, '');
