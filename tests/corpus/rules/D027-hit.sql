-- rule: D027 class=additive loses=nothing scope=none lock=SHARE rewrite=no scan=yes transaction=yes rerun=ok
ALTER DOMAIN app.positive_amount ADD CONSTRAINT not_too_dear CHECK (VALUE < 100000) NOT VALID;
-- then:
ALTER DOMAIN app.positive_amount VALIDATE CONSTRAINT not_too_dear;
