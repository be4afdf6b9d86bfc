-- class: none
-- a row lock
SELECT * FROM app.settings FOR UPDATE;
