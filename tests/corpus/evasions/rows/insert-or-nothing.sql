-- class: additive effect=none
-- DO NOTHING keeps what is there
INSERT INTO app.settings VALUES ('key1', '"seed"') ON CONFLICT DO NOTHING;
