-- class: destructive|unknown
-- in an upsert
INSERT INTO app.settings VALUES ('key1', '1') ON CONFLICT (key) DO UPDATE SET value = to_jsonb(app.purge_users());
