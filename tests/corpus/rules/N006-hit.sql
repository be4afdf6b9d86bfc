-- rule: N006 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=depends
ALTER USER MAPPING FOR corpus_app SERVER corpus_server OPTIONS (SET user 'x');
