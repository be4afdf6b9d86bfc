-- rule: N005 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE USER MAPPING FOR corpus_owner SERVER corpus_server;
