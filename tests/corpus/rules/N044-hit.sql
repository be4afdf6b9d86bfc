-- rule: N044 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER TEXT SEARCH CONFIGURATION app.words SET SCHEMA spare;
