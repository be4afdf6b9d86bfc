-- rule: N023 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails loose=lock
CREATE SUBSCRIPTION spare_sub CONNECTION 'dbname=elsewhere' PUBLICATION corpus_pub WITH (connect = false);
-- then:
ALTER SUBSCRIPTION spare_sub RENAME TO other_sub;
