-- rule: O013 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SET ROLE corpus_owner;
