-- rule: O019 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SET client_encoding = 'UTF8';
