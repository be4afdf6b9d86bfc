-- class: destructive
CREATE VIEW v AS SELECT * FROM app.settings;INSERT INTO v VALUES ('key1','5') ON CONFLICT (key) DO UPDATE SET value = excluded.value;
