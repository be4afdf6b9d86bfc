-- rule: D012 class=enum loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER TYPE app.mood RENAME VALUE 'ok' TO 'fine';
