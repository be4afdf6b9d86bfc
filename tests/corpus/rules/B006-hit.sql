-- rule: B006 class=additive loses=nothing scope=none lock=ACCESS SHARE rewrite=no scan=no transaction=yes rerun=fails
CREATE TABLE app.more_pairs OF app.pair (PRIMARY KEY (k));
