-- rule: N038 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=skips
ALTER TEXT SEARCH CONFIGURATION app.words DROP MAPPING IF EXISTS FOR word;
