-- rule: J007 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SELECT pg_notify('orders', 'new');
