-- class: destructive
-- UPDATE ... FROM
UPDATE app.settings s SET value = to_jsonb(c.id + 100) FROM app.contacts c WHERE s.key = 'key' || c.id;
