-- rule: N004 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=depends
ALTER SERVER corpus_server OPTIONS (SET host 'elsewhere');
