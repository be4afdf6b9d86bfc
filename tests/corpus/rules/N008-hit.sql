-- rule: N008 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE FOREIGN TABLE app.remote_users (id int) SERVER corpus_server;
