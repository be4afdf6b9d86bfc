-- class: destructive
-- a cast
DROP CAST (app.pair AS text);
