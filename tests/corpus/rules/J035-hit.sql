-- rule: J035 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SELECT similarity('abc', 'abd');
