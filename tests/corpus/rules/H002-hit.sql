-- rule: H002 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE TEMPORARY SEQUENCE invoice_seq;
