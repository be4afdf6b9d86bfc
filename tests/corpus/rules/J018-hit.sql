-- rule: J018 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=repeats
SELECT lo_from_bytea(0, '\x00');
