-- rule: N028 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE TEXT SEARCH CONFIGURATION app.other (COPY = simple);
