-- miss: I002
INSERT INTO app.settings (key, value) VALUES ('on conflict do nothing', '0');
