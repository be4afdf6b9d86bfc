-- rule: F022 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION time_support(internal));
