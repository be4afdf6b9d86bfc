-- class: destructive
-- nor for TRUNCATE
CREATE TABLE IF NOT EXISTS app.settings (key text); TRUNCATE app.settings;
