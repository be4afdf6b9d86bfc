-- class: destructive
-- DELETE ... USING
DELETE FROM app.settings USING app.contacts;
