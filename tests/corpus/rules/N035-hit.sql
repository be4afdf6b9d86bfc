-- rule: N035 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE CONVERSION app.to_latin FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
