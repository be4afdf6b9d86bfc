-- rule: L017 class=destructive loses=cluster scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER ROLE corpus_spare RENAME TO corpus_renamed;
