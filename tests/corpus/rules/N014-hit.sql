-- rule: N014 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
-- run: no (needs a second server)
IMPORT FOREIGN SCHEMA public FROM SERVER corpus_server INTO spare;
