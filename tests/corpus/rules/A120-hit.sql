-- rule: A120 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER TYPE app.point3 ADD ATTRIBUTE w int;
