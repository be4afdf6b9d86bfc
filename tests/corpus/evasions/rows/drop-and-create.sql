-- class: destructive
-- drop, then create: empty at every boot
DROP TABLE IF EXISTS app.settings; CREATE TABLE app.settings (key text PRIMARY KEY, value jsonb NOT NULL);
