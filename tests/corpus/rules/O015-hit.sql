-- rule: O015 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=ok
SET check_function_bodies = off;
