-- rule: D052 class=destructive loses=definition scope=schema lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
ALTER TYPE app.address RENAME ATTRIBUTE zip TO postcode;
