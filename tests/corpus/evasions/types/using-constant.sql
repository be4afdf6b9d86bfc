-- class: destructive
-- a constant
ALTER TABLE app.contacts ALTER phone SET DATA TYPE varchar(30) USING 'x';
