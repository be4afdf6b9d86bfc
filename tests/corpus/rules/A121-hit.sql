-- rule: A121 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails loose=scope
ALTER TYPE app.address DROP ATTRIBUTE zip;
