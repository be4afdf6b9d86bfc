-- rule: H001 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE SEQUENCE app.invoice_seq START 100;
