-- class: destructive
-- what it returns does not matter
DELETE FROM app.settings RETURNING 1;
