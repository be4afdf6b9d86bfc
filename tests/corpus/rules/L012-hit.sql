-- rule: L012 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE ROLE corpus_new SUPERUSER;
