-- rule: I002 class=additive loses=nothing scope=none lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok
INSERT INTO app.settings (key, value) VALUES ('key1', '0'), ('key9', '9') ON CONFLICT (key) DO NOTHING;
