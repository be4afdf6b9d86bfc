-- rule: D002 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE TYPE app.weather AS (kind text, degrees int);
