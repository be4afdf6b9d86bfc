-- class: destructive
-- an upsert is an UPDATE
INSERT INTO app.settings VALUES ('key1', '"seed"') ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
