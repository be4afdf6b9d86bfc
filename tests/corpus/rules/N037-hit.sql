-- rule: N037 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR tag WITH simple;
