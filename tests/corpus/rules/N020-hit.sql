-- rule: N020 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
-- live: class=none loses=nothing scope=none
ALTER PUBLICATION corpus_pub OWNER TO CURRENT_USER;
