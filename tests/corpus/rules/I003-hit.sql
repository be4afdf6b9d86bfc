-- rule: I003 class=destructive loses=data scope=tables:app.settings lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
INSERT INTO app.settings (key, value) VALUES ('key1', '0') ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
