-- rule: O028 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
NOTIFY orders, 'new';
