-- rule: D024 class=additive loses=nothing scope=none lock=SHARE rewrite=no scan=yes transaction=yes rerun=fails
ALTER DOMAIN app.positive_amount ADD CONSTRAINT not_too_dear CHECK (VALUE < 100000);
