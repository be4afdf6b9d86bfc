-- rule: A083 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=ok
ALTER TABLE app.sessions SET LOGGED;
