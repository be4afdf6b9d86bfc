-- rule: N022 class=destructive loses=outside scope=schema lock=none rewrite=no scan=no transaction=yes rerun=depends loose=lock
CREATE SUBSCRIPTION spare_sub CONNECTION 'dbname=elsewhere' PUBLICATION corpus_pub WITH (connect = false);
-- then:
ALTER SUBSCRIPTION spare_sub CONNECTION 'dbname=other';
