-- miss: I003
INSERT INTO app.settings (key, value) VALUES ('key1', '0') ON CONFLICT (key) DO NOTHING;
