-- class: destructive
-- an explicit cast cuts silently
ALTER TABLE app.contacts ALTER COLUMN phone TYPE varchar(3) USING phone::varchar(3);
