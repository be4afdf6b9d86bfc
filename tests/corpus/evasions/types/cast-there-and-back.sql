-- class: destructive
-- the type stays, the values do not
ALTER TABLE app.contacts ALTER COLUMN phone TYPE varchar(30) USING phone::varchar(2)::varchar(30);
