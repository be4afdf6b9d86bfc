-- class: additive
-- SQL text as a value
INSERT INTO app.settings VALUES ('note', '"DROP TABLE users"');
