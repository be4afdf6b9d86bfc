-- rule: M006 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE EXTENSION pgcrypto;
