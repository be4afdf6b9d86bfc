-- class: destructive
-- by the name of a constraint
INSERT INTO app.settings AS s VALUES ('key1', '"seed"') ON CONFLICT ON CONSTRAINT settings_pkey DO UPDATE SET value = '0' WHERE s.key <> '';
