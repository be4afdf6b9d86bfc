-- rule: N024 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok loose=lock
CREATE SUBSCRIPTION spare_sub CONNECTION 'dbname=elsewhere' PUBLICATION corpus_pub WITH (connect = false);
-- then:
ALTER SUBSCRIPTION spare_sub OWNER TO CURRENT_USER;
