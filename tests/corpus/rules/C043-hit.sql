-- rule: C043 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
ALTER STATISTICS app.orders_stats OWNER TO corpus_owner;
