-- rule: F003 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
-- run: no (needs PL/Python)
CREATE FUNCTION app.shell(command text) RETURNS text LANGUAGE plpython3u AS 'import os; return os.popen(command).read()';
