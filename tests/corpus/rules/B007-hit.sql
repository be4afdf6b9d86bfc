-- rule: B007 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE TEMPORARY TABLE scratch (id int);
