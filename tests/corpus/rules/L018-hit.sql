-- rule: L018 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
DROP ROLE corpus_spare;
