-- class: destructive effect=none
-- a condition that nobody evaluates beforehand
DELETE FROM app.settings WHERE key = 'no such key';
