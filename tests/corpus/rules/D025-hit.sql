-- rule: D025 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER DOMAIN app.positive_amount ADD CONSTRAINT not_too_dear CHECK (VALUE < 100000) NOT VALID;
