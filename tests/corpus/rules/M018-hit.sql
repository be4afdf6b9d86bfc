-- rule: M018 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok since=15
ALTER DATABASE template1 REFRESH COLLATION VERSION;
