-- rule: O012 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SET search_path = app, public;
