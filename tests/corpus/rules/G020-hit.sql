-- rule: G020 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
-- live: class=none loses=nothing scope=none
ALTER EVENT TRIGGER corpus_noop OWNER TO CURRENT_USER;
