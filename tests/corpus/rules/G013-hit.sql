-- rule: G013 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
CREATE POLICY tickets_all ON app.tickets AS RESTRICTIVE FOR SELECT USING (no > 0);
