-- class: destructive
-- several at once
TRUNCATE TABLE app.settings, archive.old_orders RESTART IDENTITY;
